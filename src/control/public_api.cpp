#include "control/public_api.hpp"

#include "api/json_writer.hpp"
#include "api/problem.hpp"
#include "base/log.hpp"

namespace sitepod::control {
namespace {

constexpr std::string_view kPrefix = "/api/v1/public";
constexpr ErrorCode kNoPlan = "content_not_allowed";

// Errors whose text is the contract's; their sentence stands beside it.
struct Word {
  std::string_view code;
  int status;
  std::string_view text;
};
constexpr Word kWords[] = {{"storage_quota_exceeded", 402, "storage quota exceeded"},
                           {"build_quota_exceeded", 402, "build quota exceeded"},
                           {"build_cooldown", 429, "build cooldown active"},
                           {kNoPlan, 403, "API tokens require Pro plan"}};

const Word* find_word(std::string_view code) {
  for (const Word& word : kWords)
    if (word.code == code) return &word;
  return nullptr;
}

int public_status(const Error& error) {
  if (const Word* word = find_word(error.code)) return word->status;
  if (error.code == "file_too_large" || error.code == "text_too_large") return 413;
  const int status = api::status_of(error.kind);
  return status == 409 ? 400 : status == 507 ? 500 : status;
}

http::ApiResponse error_response(int status, const Error& error) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().member("error", public_error_text(error));
  if (!error.code.empty()) json.member("code", error.code);
  if ((find_word(error.code) || error.kind == ErrorKind::TooLarge) && !error.message.empty())
    json.member("message", error.message);
  for (const auto& [name, value] : error.details)
    if (name == "scope") json.member(name, value);
  json.end_object();
  return json_response(status, std::move(out));
}

}  // namespace

bool is_public_path(std::string_view path) {
  return path.starts_with(kPrefix) && (path.size() == kPrefix.size() || path[kPrefix.size()] == '/');
}

Result<void> check_may_use_content(content::Content& content, const identity::Caller& caller) {
  if (!identity::has_scope(caller, identity::Scope::Content))
    return forbidden("this token does not have the scope content").detail("scope", "content");
  if (!SITEPOD_TRY(content.sites.may_use(caller.account_id)))
    return Error{
        ErrorKind::Forbidden, kNoPlan, "This account may not use the content API; the operator can allow it.", {}, {}};
  return {};
}

std::string public_error_text(const Error& error) {
  if (const Word* word = find_word(error.code)) return std::string(word->text);
  switch (error.kind) {
    case ErrorKind::Unauthenticated:
      return "invalid or revoked token";
    case ErrorKind::TooLarge:
      return "request body too large";
    case ErrorKind::RateLimited:
      return "rate limit exceeded";
    case ErrorKind::Internal:
    case ErrorKind::StorageFull:
      return "internal server error";
    default:
      return error.message;
  }
}

Result<meta::Project> site_of_path(Call& call) {
  const std::string& site = call.parameters[0];
  return call.rooms.content.sites.resolve(call.caller, site == "default" ? "" : site, call.now);
}

http::ApiResponse public_problem(const Error& error) {
  http::ApiResponse response = error_response(public_status(error), error);
  add_advice(response, error);
  return response;
}

http::ApiResponse public_not_found() {
  return error_response(404, not_found("not_found", "there is no such endpoint"));
}

http::ApiResponse public_method_not_allowed(const std::vector<std::string_view>& allowed) {
  http::ApiResponse response =
      error_response(405, invalid("method_not_allowed", "this address does not take that method"));
  std::string list;
  for (const std::string_view method : allowed) list += (list.empty() ? "" : ", ") + std::string(method);
  response.headers.push_back({"Allow", std::move(list)});
  return response;
}

Result<void> show_media(Call& call, const meta::Project& project) {
  Result<void> shown = call.rooms.content.media.show(call.caller, project, call.now);
  if (!shown.ok())
    log::warn("media are saved and not shown yet",
              {{"project", project.id}, {"reason", shown.error().message}, {"cause", shown.error().context}});
  call.rooms.content.media_work.wake();
  return shown;
}

void write_not_shown(api::JsonWriter& json, const content::PreparedMedia& media, const Error& error) {
  json.key("notShown").begin_object().key("urls").begin_array();
  for (const content::PublishedFile& file : media.files) json.value(file.url);
  json.end_array();
  json.member("message", error.kind == ErrorKind::Forbidden
                             ? "Saved. Visitors get the files with the next build or release: " + error.message
                             : "Saved. The server could not show the files to visitors yet, and tries it again.");
  json.end_object();
}

std::string whole_seconds(Instant instant) {
  std::string text = to_rfc3339(instant);
  text.replace(text.size() - 5, 4, "");
  return text;
}

}  // namespace sitepod::control
