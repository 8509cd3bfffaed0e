#include "serve/unlock.hpp"

#include <array>
#include <optional>

#include "base/time.hpp"
#include "http/limits.hpp"
#include "http/syntax.hpp"
#include "http/target.hpp"
#include "serve/answer_head.hpp"
#include "serve/blob_loader.hpp"

namespace sitepod::serve {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
// The theme's form holds a sentence for those who were wrong, which is hidden until then.
constexpr std::string_view kHiddenSentence = "<p class=\"unlock-wrong\" hidden>";
constexpr std::string_view kShownSentence = "<p class=\"unlock-wrong\" role=\"alert\">";

http::ApiResponse answer_with(int status, std::string_view media_type, std::string body) {
  http::ApiResponse response;
  response.status = status;
  response.headers = {{"Content-Type", std::string(media_type)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Robots-Tag", "noindex"},
                      {"Cache-Control", "private, no-store"}};
  response.body = std::move(body);
  return response;
}

http::ApiResponse refuse(int status, std::string sentence) {
  return answer_with(status, kPlainTextType, std::move(sentence));
}

http::ApiResponse refuse(const Error& error) {
  if (error.kind == ErrorKind::RateLimited) {
    std::string seconds = "60";
    for (const auto& [name, value] : error.details)
      if (name == "retry_after") seconds = value;
    http::ApiResponse response =
        refuse(429, "Too many wrong passwords were sent. Try again in " + seconds + " seconds.\n");
    response.headers.push_back({"Retry-After", seconds});
    return response;
  }
  http::ApiResponse response = refuse(503, std::string(plain_text(503)));
  response.headers.push_back({"Retry-After", "1"});
  return response;
}

bool is_form(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return http::equal_ignoring_case(type.substr(0, type.find_last_not_of(" \t") + 1), kFormType);
}

// Nothing: it is longer than any password is.
Result<std::optional<std::string>> read_form(http::ApiRequest& request) {
  std::string text;
  std::array<char, 4096> piece;
  if (request.content_length.value_or(0) > http::kMaxPasswordFormBytes) return std::optional<std::string>();
  while (const std::size_t count = SITEPOD_TRY(request.body->read(std::as_writable_bytes(std::span(piece))))) {
    text.append(piece.data(), count);
    if (text.size() > http::kMaxPasswordFormBytes) return std::optional<std::string>();
  }
  return std::optional(std::move(text));
}

// The way back also drops the request's body from the browser's history: a reload asks for the page, not again with the
// password (RFC 9110 §15.4.4).
http::ApiResponse open_page(const Unlocking& what) {
  http::ApiResponse response = answer_with(303, kPlainTextType, {});
  response.headers.push_back({"Location", what.path + what.query});
  std::string cookie(kPassCookie);
  cookie.append("=").append(make_pass(what.lock, static_cast<std::time_t>(now().unix_seconds()) + kPassSeconds));
  cookie.append("; Path=").append(what.path).append("; Max-Age=").append(std::to_string(kPassSeconds));
  cookie.append("; HttpOnly; SameSite=Lax");
  if (what.transport == Transport::Tls) cookie.append("; Secure");
  response.headers.push_back({"Set-Cookie", std::move(cookie)});
  return response;
}

http::ApiResponse show_form_again(const Unlocking& what, const Openings& openings) {
  const LoadedBlob form = load_bytes(openings, openings.open_blob, what.form, what.form_bytes);
  if (!form.ok()) {
    log_unloaded(what.form, form.error());
    return refuse(403, "This is not the password of this page.\n");
  }
  std::string page = (*form)->bytes;
  if (const std::size_t at = page.find(kHiddenSentence); at != std::string::npos)
    page.replace(at, kHiddenSentence.size(), kShownSentence);
  return answer_with(403, kHtmlType, std::move(page));
}

}  // namespace

Unlocking begin_unlocking(const http::RequestHead& request, const SiteView& site, const AnswerBody& form,
                          Transport transport) {
  Unlocking what{*form.lock, site.project_id + "\n" + form.lock->text, form.blob, form.blob_size, {}, {}, transport};
  std::string buffer(request.path.size(), '\0');
  what.path = http::encode_path(http::decode_path(request.path, buffer).value_or("/"));
  // A cookie's Path ends at a semicolon (RFC 6265 §4.1.1).
  for (std::size_t at = what.path.find(';'); at != std::string::npos; at = what.path.find(';', at))
    what.path.replace(at, 1, "%3B");
  if (request.has_query) what.query.append("?").append(request.query);
  return what;
}

http::ApiResponse unlock(const Unlocking& what, http::ApiRequest& request, const Openings& openings) {
  if (!is_form(request.header("Content-Type")))
    return refuse(415, "Send the password as a form does: application/x-www-form-urlencoded.\n");
  const Result<std::optional<std::string>> form = read_form(request);
  if (!form.ok()) return refuse(400, std::string(plain_text(400)));
  if (!*form) return refuse(413, std::string(plain_text(413)));
  const std::optional<std::string> password = http::query_parameter(**form, "password");
  if (!password) return refuse(400, "The form has no field \"password\".\n");
  if (!openings.check_page_password) return refuse(503, std::string(plain_text(503)));
  const Result<bool> opens =
      openings.check_page_password({what.page, what.lock.verifier, *password, request.peer_address});
  if (!opens.ok()) return refuse(opens.error());
  return *opens ? open_page(what) : show_form_again(what, openings);
}

}  // namespace sitepod::serve
