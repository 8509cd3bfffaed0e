#include "api/client.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <thread>

#include "api/answer_fields.hpp"
#include "api/client_answers.hpp"
#include "api/json_value.hpp"
#include "api/json_writer.hpp"
#include "base/random.hpp"
#include "http/client.hpp"
#include "http/date.hpp"
#include "http/target.hpp"

namespace sitepod::api {
namespace {

using http::ClientRequest;
using http::ClientResponse;
using http::encode_component;
using std::chrono::milliseconds;

// The closed list of the contract, so that a code of an answer can live as a literal.
constexpr std::string_view kCodes[] = {"invalid_request",
                                       "invalid_json",
                                       "invalid_path",
                                       "invalid_hash",
                                       "hash_mismatch",
                                       "size_mismatch",
                                       "missing_blobs",
                                       "quota_exceeded",
                                       "plan_expired",
                                       "missing_token",
                                       "invalid_token",
                                       "invalid_credentials",
                                       "forbidden",
                                       "not_found",
                                       "plan_not_found",
                                       "image_not_found",
                                       "method_not_allowed",
                                       "conflict",
                                       "payload_too_large",
                                       "rate_limited",
                                       "internal",
                                       "storage_full",
                                       "unavailable",
                                       "gate_failed",
                                       "project_not_found",
                                       "gone",
                                       "build_cooldown",
                                       "build_quota_exceeded",
                                       "storage_quota_exceeded"};

std::string_view literal_code(std::string_view code, ErrorKind kind) {
  for (std::string_view known : kCodes)
    if (known == code) return known;
  switch (kind) {
    case ErrorKind::Unauthenticated:
      return "invalid_token";
    case ErrorKind::Forbidden:
      return "forbidden";
    case ErrorKind::NotFound:
      return "not_found";
    case ErrorKind::Conflict:
      return "conflict";
    case ErrorKind::Gone:
      return "gone";
    case ErrorKind::TooLarge:
      return "payload_too_large";
    case ErrorKind::RateLimited:
      return "rate_limited";
    case ErrorKind::Unavailable:
      return "unavailable";
    case ErrorKind::StorageFull:
      return "storage_full";
    case ErrorKind::Invalid:
      return "invalid_request";
    case ErrorKind::Internal:
      return "internal";
  }
  return "internal";
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
      return ErrorKind::Unauthenticated;
    case 403:
      return ErrorKind::Forbidden;
    case 404:
    case 405:
      return ErrorKind::NotFound;
    case 409:
    case 412:
      return ErrorKind::Conflict;
    case 410:
      return ErrorKind::Gone;
    case 413:
      return ErrorKind::TooLarge;
    case 429:
      return ErrorKind::RateLimited;
    case 502:
    case 503:
    case 504:
      return ErrorKind::Unavailable;
    case 507:
      return ErrorKind::StorageFull;
    default:
      return status >= 400 && status < 500 ? ErrorKind::Invalid : ErrorKind::Internal;
  }
}

Error incomplete(std::string_view what) {
  return {ErrorKind::Internal, "invalid_answer", "The server's answer lacks " + std::string(what) + ".", {}, {}};
}

Error refused(const ClientResponse& response) {
  ErrorKind kind = kind_of(response.status);
  std::string code, message;
  std::vector<std::pair<std::string, std::string>> details{{"status", std::to_string(response.status)}};
  if (auto body = parse_json(response.body); body.ok()) {
    code = text_of(*body, "error");
    message = text_of(*body, "message");
    // The content API says a sentence where the deploy API says a word.
    if (const JsonValue* word = body->find("code"); word != nullptr && word->kind == JsonValue::Kind::Text) {
      if (message.empty()) message = code;
      code = word->text;
    }
    for (const auto& [name, value] : body->members)
      if (value.kind == JsonValue::Kind::Text && name != "error" && name != "message" && name != "status")
        details.emplace_back(name, value.text);
  }
  if (response.status / 100 == 3)
    message = "The server points to " + std::string(response.field("location")) +
              "; use the address that it moved to as the endpoint.";
  if (message.empty()) message = "The server answered with status " + std::to_string(response.status) + ".";
  Error error{kind, literal_code(code, kind), std::move(message), {}, std::move(details)};
  if (std::string_view after = response.field("retry-after"); !after.empty())
    error.details.emplace_back("retry_after", after);
  return error;
}

// What the server asked for with Retry-After: seconds or a date (RFC 9110 §10.2.3).
std::optional<milliseconds> asked_wait(const Error& error) {
  for (const auto& [name, value] : error.details) {
    if (name != "retry_after") continue;
    long seconds = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), seconds).ptr == value.data() + value.size() &&
        seconds >= 0)
      return milliseconds(std::min(seconds, 1'000'000L) * 1000);
    std::time_t now = std::time(nullptr);
    if (auto date = http::parse_http_date(value, now))
      return milliseconds(std::max<std::time_t>(0, *date - now) * 1000);
  }
  return std::nullopt;
}

// Whether the server certainly did nothing, so that even a call with effects may be repeated.
bool was_turned_away(const Error& error) {
  return error.kind == ErrorKind::RateLimited ||
         (error.kind == ErrorKind::Unavailable && asked_wait(error).has_value());
}
bool may_pass(const Error& error) {
  return was_turned_away(error) || (error.kind == ErrorKind::Unavailable && error.code != "interrupted");
}

using Repeat = Client::Repeat;

TokenSummary token_from(const JsonValue& body) {
  return {text_of(body, "id"),          text_of(body, "name"),       text_of(body, "project"),
          text_of(body, "environment"), text_of(body, "created_at"), text_of(body, "last_used_at"),
          text_of(body, "expires_at"),  texts_of(body, "scopes"),    text_of(body, "token")};
}

ReleaseAnswer release_from(const JsonValue& body) {
  std::string environment = text_of(body, "environment");
  return {text_of(body, "url"),           environment.empty() ? text_of(body, "env") : environment,
          text_of(body, "image_id"),      text_of(body, "previous_image_id"),
          text_of(body, "immutable_url"), texts_of(body, "alias_urls"),
          texts_of(body, "warnings")};
}

}  // namespace

struct Client::State {
  ClientSettings settings;
  http::Client http;

  static http::ClientOptions options_of(const ClientSettings& settings) {
    http::ClientOptions options;
    options.cancelled = settings.cancelled;
    return options;
  }
  explicit State(ClientSettings given) : settings(std::move(given)), http(options_of(settings)) {
    while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  }

  bool cancelled() const {
    return settings.cancelled != nullptr && settings.cancelled->load(std::memory_order_relaxed);
  }

  ClientRequest make(std::string_view method, std::string_view path) const {
    ClientRequest request;
    request.method = method;
    request.url = settings.endpoint + "/api/v1" + std::string(path);
    request.fields.emplace_back("Accept", "application/json");
    if (!settings.token.empty()) request.fields.emplace_back("Authorization", "Bearer " + settings.token);
    return request;
  }
  ClientRequest make_json(std::string_view method, std::string_view path, std::string body) const {
    ClientRequest request = make(method, path);
    request.fields.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    return request;
  }

  Result<ClientResponse> once(const ClientRequest& request, int accepted = 200) {
    ClientResponse response = SITEPOD_TRY(http.send(request));
    if (response.status / 100 != 2 && response.status != accepted) return refused(response);
    return response;
  }

  // Exponential with jitter, so that many clients do not come back together.
  milliseconds wait_before(int attempt, const Error& reason) const {
    if (auto asked = asked_wait(reason)) return *asked;
    std::uint8_t jitter[1];
    random_bytes(jitter);
    auto full = settings.first_pause * (1 << std::min(attempt - 1, 6));
    return full / 2 + full * jitter[0] / 512;
  }

  bool wait(milliseconds time) const {
    auto until = std::chrono::steady_clock::now() + time;
    while (!cancelled()) {
      auto left = until - std::chrono::steady_clock::now();
      if (left <= milliseconds(0)) return true;
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, milliseconds(100)));
    }
    return false;
  }

  bool pause(int attempt, const Error& reason) {
    milliseconds time = wait_before(attempt, reason);
    if (attempt >= settings.max_tries || !may_pass(reason) || time > settings.longest_wait) return false;
    if (settings.on_wait && time >= milliseconds(1000))
      settings.on_wait(reason.message + " Trying again in " + std::to_string((time.count() + 999) / 1000) + " s.");
    return wait(time);
  }

  template <typename Prepare>
  Result<ClientResponse> repeat(Repeat policy, const Prepare& prepare, int accepted = 200) {
    for (int attempt = 1;; ++attempt) {
      auto response = once(prepare(), accepted);
      if (response.ok()) return response;
      bool allowed =
          policy == Repeat::Freely || (policy == Repeat::WhenTurnedAway && was_turned_away(response.error()));
      if (!allowed || !pause(attempt, response.error())) {
        if (cancelled()) return Error{ErrorKind::Unavailable, "interrupted", "Interrupted.", {}, {}};
        return response;
      }
    }
  }

  Result<JsonValue> json(Repeat policy, const ClientRequest& request) {
    ClientResponse response = SITEPOD_TRY(repeat(policy, [&]() -> const ClientRequest& { return request; }));
    auto body = parse_json(response.body);
    if (!body.ok())
      return Error{
          ErrorKind::Internal, "invalid_answer", "The server's answer is not JSON. Is this a sitepod server?", {}, {}};
    return body;
  }

  Result<ReleaseAnswer> move_pointer(std::string_view path, const ReleaseQuestion& question) {
    std::string body;
    JsonWriter json_writer(body);
    json_writer.begin_object().member("project", question.project).member("environment", question.environment);
    if (!question.image_id.empty()) json_writer.member("image_id", question.image_id);
    if (question.expected_image_id) json_writer.member("expected_image_id", *question.expected_image_id);
    if (question.source_seq) json_writer.member("source_seq", *question.source_seq);
    json_writer.end_object();
    // Repeating is harmless only when the same image wins again: without a named image a rollback would go two steps,
    // and a guard would refuse what its own first try did.
    bool harmless = !question.image_id.empty() && !question.expected_image_id && !question.source_seq;
    ClientRequest request = make_json("POST", path, std::move(body));
    JsonValue answer = SITEPOD_TRY(json(harmless ? Repeat::Freely : Repeat::WhenTurnedAway, request));
    ReleaseAnswer release = release_from(answer);
    if (release.url.empty()) return incomplete("the url");
    return release;
  }
};

Client::Client(ClientSettings settings) : state_(std::make_unique<State>(std::move(settings))) {}
Client::~Client() = default;

bool Client::pause(int attempt, const Error& reason) { return state_->pause(attempt, reason); }

http::ClientRequest Client::make_request(std::string_view method, std::string_view path) const {
  return state_->make(method, path);
}
Result<http::ClientResponse> Client::exchange(Repeat repeat, const std::function<http::ClientRequest()>& prepare) {
  constexpr int kBadRequest = 400;
  return state_->repeat(repeat, prepare, kBadRequest);
}

Result<LoginAnswer> Client::login(std::string_view email, std::string_view password) {
  std::string body;
  JsonWriter(body).begin_object().member("email", email).member("password", password).end_object();
  ClientRequest request = state_->make_json("POST", "/auth/login", std::move(body));
  JsonValue answer = SITEPOD_TRY(state_->json(Repeat::Freely, request));
  LoginAnswer login{text_of(answer, "token"), text_of(answer, "user_id"), text_of(answer, "email"),
                    flag_of(answer, "is_admin"), flag_of(answer, "created")};
  if (login.token.empty()) return incomplete("the token");
  return login;
}

Result<void> Client::logout() {
  SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("POST", "/auth/logout")));
  return {};
}

Result<AccountAnswer> Client::account() {
  JsonValue answer = SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("GET", "/auth/info")));
  return AccountAnswer{text_of(answer, "id"), text_of(answer, "email"), flag_of(answer, "is_admin")};
}

Result<PlanAnswer> Client::plan(const PlanQuestion& question) {
  PlanWriter writer(question);
  std::unique_ptr<ListingParser> parser;
  auto prepare = [&] {
    writer.rewind();
    parser = std::make_unique<ListingParser>();
    ClientRequest request = state_->make("POST", "/plan");
    request.fields.emplace_back("Content-Type", "application/json");
    request.read_body = [&](std::span<std::byte> out) -> Result<std::size_t> { return writer.read(out); };
    request.read_body_size = writer.size();
    request.on_body = [&](std::string_view piece) { return parser->feed(piece); };
    return request;
  };
  SITEPOD_TRY(state_->repeat(Repeat::Freely, prepare));
  ListingAnswer answer = SITEPOD_TRY(parser->finish());
  if (answer.text("plan_id").empty() || !answer.has_missing) return incomplete("plan_id or missing");
  return PlanAnswer{answer.text("plan_id"), answer.text("content_hash"), answer.text("upload_mode"),
                    answer.number("reusable"), std::move(answer.missing)};
}

Result<void> Client::upload_blob(std::string_view plan_id, const Digest& name, std::uint64_t size, ReadBody read) {
  ClientRequest request = state_->make("POST", "/upload/" + encode_component(plan_id) + "/" + name.hex());
  request.fields.emplace_back("Content-Type", "application/octet-stream");
  request.read_body = std::move(read);
  request.read_body_size = size;
  SITEPOD_TRY(state_->once(request));
  return {};
}

Result<PackAnswer> Client::upload_pack(std::string_view plan_id, PackKind kind, ReadBody read) {
  ListingParser parser;
  ClientRequest request = state_->make("POST", "/upload/" + encode_component(plan_id));
  request.fields.emplace_back("Content-Type", kind == PackKind::Tar ? "application/x-tar" : "application/zstd");
  request.read_body = std::move(read);
  request.on_body = [&](std::string_view piece) { return parser.feed(piece); };
  SITEPOD_TRY(state_->once(request));
  ListingAnswer answer = SITEPOD_TRY(parser.finish());
  return PackAnswer{answer.number("stored"), answer.has_missing, std::move(answer.missing)};
}

Result<CommitAnswer> Client::commit(std::string_view plan_id, std::string_view message) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("plan_id", plan_id);
  if (!message.empty()) json.member("message", message);
  json.end_object();
  // One plan makes one image however often it is committed (§5).
  JsonValue answer = SITEPOD_TRY(state_->json(Repeat::Freely, state_->make_json("POST", "/commit", std::move(body))));
  CommitAnswer commit{text_of(answer, "image_id"), text_of(answer, "content_hash"), text_of(answer, "created_at"),
                      integer_of(answer, "file_count"), integer_of(answer, "total_size")};
  if (commit.image_id.empty()) return incomplete("the image_id");
  return commit;
}

Result<ReleaseAnswer> Client::release(const ReleaseQuestion& question) {
  return state_->move_pointer("/release", question);
}
Result<ReleaseAnswer> Client::rollback(const ReleaseQuestion& question) {
  return state_->move_pointer("/rollback", question);
}

Result<CurrentAnswer> Client::current(std::string_view project, std::string_view environment) {
  std::string path = "/current?project=" + encode_component(project) + "&environment=" + encode_component(environment);
  JsonValue answer = SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("GET", path)));
  return CurrentAnswer{text_of(answer, "image_id"), text_of(answer, "content_hash"), text_of(answer, "deployed_at"),
                       text_of(answer, "url")};
}

Result<std::vector<ImageSummary>> Client::history(std::string_view project, std::string_view environment, int limit) {
  std::string path = "/history?project=" + encode_component(project) + "&limit=" + std::to_string(limit);
  if (!environment.empty()) path += "&environment=" + encode_component(environment);
  JsonValue answer = SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("GET", path)));
  const JsonValue* items = answer.find("items");
  if (items == nullptr) return incomplete("the items");
  std::vector<ImageSummary> images;
  for (const JsonValue& item : items->items)
    images.push_back({text_of(item, "image_id"), text_of(item, "content_hash"), text_of(item, "created_at"),
                      text_of(item, "version"), text_of(item, "status"), text_of(item, "message"),
                      text_of(item, "git_commit"), integer_of(item, "file_count"), integer_of(item, "total_size"),
                      texts_of(item, "deployed_to")});
  return images;
}

Result<std::vector<ProjectSummary>> Client::projects() {
  constexpr std::size_t kPage = 200;
  std::vector<ProjectSummary> projects;
  for (;;) {
    std::string path = "/projects?limit=" + std::to_string(kPage) + "&offset=" + std::to_string(projects.size());
    JsonValue page = SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("GET", path)));
    if (page.kind != JsonValue::Kind::Array) return incomplete("the list");
    // A server that does not know paging answers with everything, again and again.
    bool repeats = !projects.empty() && !page.items.empty() && text_of(page.items.front(), "id") == projects.front().id;
    if (repeats) return projects;
    for (const JsonValue& item : page.items)
      projects.push_back({text_of(item, "id"), text_of(item, "name"), text_of(item, "subdomain"),
                          text_of(item, "created_at"), text_of(item, "updated_at")});
    if (page.items.size() != kPage) return projects;
  }
}

Result<PreviewAnswer> Client::preview(const PreviewQuestion& question) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("project", question.project);
  if (!question.image_id.empty()) json.member("image_id", question.image_id);
  if (!question.slug.empty()) json.member("slug", question.slug);
  if (!question.ttl.empty()) json.member("ttl", question.ttl);
  if (question.expires_in) json.member("expires_in", *question.expires_in);
  if (!question.password.empty()) json.member("password", question.password);
  json.end_object();
  // Without a slug a repeated call would make a second preview.
  const Repeat policy = question.slug.empty() ? Repeat::WhenTurnedAway : Repeat::Freely;
  JsonValue answer = SITEPOD_TRY(state_->json(policy, state_->make_json("POST", "/preview", std::move(body))));
  PreviewAnswer preview{text_of(answer, "url"), text_of(answer, "path_url"), text_of(answer, "slug"),
                        text_of(answer, "expires_at"), text_of(answer, "image_id")};
  if (preview.url.empty() || preview.expires_at.empty()) return incomplete("the url or expires_at");
  return preview;
}

Result<TokenSummary> Client::create_token(const TokenQuestion& question) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("name", question.name);
  if (!question.scopes.empty()) {
    json.key("scopes").begin_array();
    for (const std::string& scope : question.scopes) json.value(scope);
    json.end_array();
  }
  if (!question.project.empty()) json.member("project", question.project);
  if (!question.environment.empty()) json.member("environment", question.environment);
  if (question.expires_in) json.member("expires_in", *question.expires_in);
  json.end_object();
  JsonValue answer =
      SITEPOD_TRY(state_->json(Repeat::WhenTurnedAway, state_->make_json("POST", "/tokens", std::move(body))));
  TokenSummary token = token_from(answer);
  if (token.token.empty()) return incomplete("the token");
  return token;
}

Result<std::vector<TokenSummary>> Client::tokens() {
  JsonValue answer = SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("GET", "/tokens")));
  const JsonValue* items = answer.find("tokens");
  if (items == nullptr) return incomplete("the tokens");
  std::vector<TokenSummary> tokens;
  for (const JsonValue& item : items->items) tokens.push_back(token_from(item));
  return tokens;
}

Result<void> Client::revoke_token(std::string_view id) {
  SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("DELETE", "/tokens/" + encode_component(id))));
  return {};
}

static DomainSummary domain_from(const JsonValue& item) {
  return {text_of(item, "domain"),           text_of(item, "slug"),      text_of(item, "type"), text_of(item, "status"),
          text_of(item, "verification_txt"), flag_of(item, "is_primary")};
}

Result<std::vector<DomainSummary>> Client::domains(std::string_view project) {
  JsonValue answer =
      SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("GET", "/domains?project=" + encode_component(project))));
  const JsonValue* items = answer.find("domains");
  if (items == nullptr) return incomplete("the domains");
  std::vector<DomainSummary> domains;
  for (const JsonValue& item : items->items) domains.push_back(domain_from(item));
  return domains;
}

Result<DomainSummary> Client::add_domain(std::string_view project, std::string_view domain, std::string_view slug) {
  std::string body;
  JsonWriter(body).begin_object().member("project", project).member("domain", domain).member("slug", slug).end_object();
  return domain_from(
      SITEPOD_TRY(state_->json(Repeat::WhenTurnedAway, state_->make_json("POST", "/domains", std::move(body)))));
}

Result<VerifyAnswer> Client::verify_domain(std::string_view domain) {
  JsonValue answer = SITEPOD_TRY(
      state_->json(Repeat::Freely, state_->make("POST", "/domains/" + encode_component(domain) + "/verify")));
  return VerifyAnswer{text_of(answer, "domain"), text_of(answer, "status"), text_of(answer, "message"),
                      flag_of(answer, "verified")};
}

Result<void> Client::remove_domain(std::string_view domain, std::string_view slug) {
  std::string path = "/domains/" + encode_component(domain);
  if (!slug.empty()) path += "?slug=" + encode_component(slug);
  SITEPOD_TRY(state_->json(Repeat::WhenTurnedAway, state_->make("DELETE", path)));
  return {};
}

Result<std::string> Client::rename_subdomain(std::string_view project, std::string_view subdomain) {
  std::string body;
  JsonWriter(body).begin_object().member("new_subdomain", subdomain).end_object();
  JsonValue answer = SITEPOD_TRY(
      state_->json(Repeat::Freely,
                   state_->make_json("PUT", "/domains/rename?project=" + encode_component(project), std::move(body))));
  return text_of(answer, "new_domain");
}

static TrafficAnswer traffic_from(const JsonValue& answer) {
  return {text_of(answer, "month"),     text_of(answer, "action"),   text_of(answer, "state"),
          text_of(answer, "resets_at"), integer_of(answer, "bytes"), integer_of(answer, "cap_bytes")};
}

Result<TrafficAnswer> Client::traffic(std::string_view project) {
  const std::string path = "/projects/" + encode_component(project) + "/traffic";
  return traffic_from(SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("GET", path))));
}

Result<TrafficAnswer> Client::set_traffic_cap(std::string_view project, std::int64_t bytes, std::string_view action) {
  std::string body;
  JsonWriter(body).begin_object().member("cap_bytes", bytes).member("action", action).end_object();
  const std::string path = "/projects/" + encode_component(project) + "/traffic";
  return traffic_from(SITEPOD_TRY(state_->json(Repeat::Freely, state_->make_json("PUT", path, std::move(body)))));
}

Result<void> Client::delete_project(std::string_view name) {
  SITEPOD_TRY(state_->json(Repeat::Freely, state_->make("DELETE", "/projects/" + encode_component(name))));
  return {};
}

Result<std::int64_t> Client::delete_account() {
  JsonValue answer = SITEPOD_TRY(state_->json(Repeat::WhenTurnedAway, state_->make("DELETE", "/account")));
  return integer_of(answer, "deleted_projects");
}

Result<std::string> Client::suggest_name(std::string_view name) {
  JsonValue answer = SITEPOD_TRY(
      state_->json(Repeat::Freely, state_->make("GET", "/subdomain/check?subdomain=" + encode_component(name))));
  return flag_of(answer, "available") ? std::string() : text_of(answer, "suggestion");
}

}  // namespace sitepod::api
