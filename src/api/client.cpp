#include "api/client.hpp"

#include <algorithm>

#include "api/answer_fields.hpp"
#include "api/client_answers.hpp"
#include "api/client_errors.hpp"
#include "api/client_exchange.hpp"
#include "api/json_value.hpp"
#include "api/json_writer.hpp"
#include "http/target.hpp"

namespace sitepod::api {
namespace {

using http::ClientRequest;
using http::ClientResponse;
using http::encode_component;
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

Result<ReleaseAnswer> move_pointer(ClientExchange& exchange, std::string_view path, const ReleaseQuestion& question) {
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
  ClientRequest request = exchange.make_json("POST", path, std::move(body));
  JsonValue answer = SITEPOD_TRY(exchange.json(harmless ? Repeat::Freely : Repeat::WhenTurnedAway, request));
  ReleaseAnswer release = release_from(answer);
  if (release.url.empty()) return incomplete("the url");
  return release;
}

}  // namespace

Client::Client(ClientSettings settings) : exchange_(std::make_unique<ClientExchange>(std::move(settings))) {}
Client::~Client() = default;

bool Client::pause(int attempt, const Error& reason) { return exchange_->pause(attempt, reason); }

http::ClientRequest Client::make_request(std::string_view method, std::string_view path) const {
  return exchange_->make(method, path);
}
Result<http::ClientResponse> Client::exchange(Repeat repeat, const std::function<http::ClientRequest()>& prepare) {
  constexpr int kBadRequest = 400;
  return exchange_->repeat(repeat, prepare, kBadRequest);
}

Result<LoginAnswer> Client::login(std::string_view email, std::string_view password) {
  std::string body;
  JsonWriter(body).begin_object().member("email", email).member("password", password).end_object();
  ClientRequest request = exchange_->make_json("POST", "/auth/login", std::move(body));
  JsonValue answer = SITEPOD_TRY(exchange_->json(Repeat::Freely, request));
  LoginAnswer login{text_of(answer, "token"), text_of(answer, "user_id"), text_of(answer, "email"),
                    flag_of(answer, "is_admin"), flag_of(answer, "created")};
  if (login.token.empty()) return incomplete("the token");
  return login;
}

Result<void> Client::logout() {
  SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make("POST", "/auth/logout")));
  return {};
}

Result<AccountAnswer> Client::account() {
  JsonValue answer = SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make("GET", "/auth/info")));
  return AccountAnswer{text_of(answer, "id"), text_of(answer, "email"), flag_of(answer, "is_admin")};
}

Result<PlanAnswer> Client::plan(const PlanQuestion& question) {
  PlanWriter writer(question);
  std::unique_ptr<ListingParser> parser;
  auto prepare = [&] {
    writer.rewind();
    parser = std::make_unique<ListingParser>();
    ClientRequest request = exchange_->make("POST", "/plan");
    request.fields.emplace_back("Content-Type", "application/json");
    request.read_body = [&](std::span<std::byte> out) -> Result<std::size_t> { return writer.read(out); };
    request.read_body_size = writer.size();
    request.on_body = [&](std::string_view piece) { return parser->feed(piece); };
    return request;
  };
  SITEPOD_TRY(exchange_->repeat(Repeat::Freely, prepare));
  ListingAnswer answer = SITEPOD_TRY(parser->finish());
  if (answer.text("plan_id").empty() || !answer.has_missing) return incomplete("plan_id or missing");
  PlanAnswer plan{answer.text("plan_id"),    answer.text("content_hash"), answer.text("upload_mode"),
                  answer.number("reusable"), std::move(answer.missing),   {}};
  const bool has_all = answer.upload_urls.size() == plan.missing.size() &&
                       std::find(answer.upload_urls.begin(), answer.upload_urls.end(), "") == answer.upload_urls.end();
  if (plan.upload_mode == "presigned" && has_all) plan.upload_urls = std::move(answer.upload_urls);
  return plan;
}

Result<void> Client::upload_blob(std::string_view plan_id, const Digest& name, std::uint64_t size, ReadBody read) {
  ClientRequest request = exchange_->make("POST", "/upload/" + encode_component(plan_id) + "/" + name.hex());
  request.fields.emplace_back("Content-Type", "application/octet-stream");
  request.read_body = std::move(read);
  request.read_body_size = size;
  SITEPOD_TRY(exchange_->once(request));
  return {};
}

Result<void> Client::put_into_bucket(const std::string& url, std::uint64_t size, ReadBody read) {
  // No token: the bucket is somebody else's house.
  ClientRequest request;
  request.method = "PUT";
  request.url = url;
  request.fields.emplace_back("Content-Type", "application/octet-stream");
  request.read_body = std::move(read);
  request.read_body_size = size;
  const auto answer = exchange_->elsewhere(request);
  if (!answer.ok() && answer.error().kind != ErrorKind::Unavailable) return answer.error();
  if (!answer.ok() && answer.error().code == "interrupted") return answer.error();
  if (answer.ok() && answer->status / 100 == 2) return {};
  return answer.ok() ? refused_by_bucket(*answer, url) : unreachable_bucket(answer.error(), url);
}

Result<PackAnswer> Client::upload_pack(std::string_view plan_id, PackKind kind, ReadBody read) {
  ListingParser parser;
  ClientRequest request = exchange_->make("POST", "/upload/" + encode_component(plan_id));
  request.fields.emplace_back("Content-Type", kind == PackKind::Tar ? "application/x-tar" : "application/zstd");
  request.read_body = std::move(read);
  request.on_body = [&](std::string_view piece) { return parser.feed(piece); };
  SITEPOD_TRY(exchange_->once(request));
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
  JsonValue answer =
      SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make_json("POST", "/commit", std::move(body))));
  CommitAnswer commit{text_of(answer, "image_id"), text_of(answer, "content_hash"), text_of(answer, "created_at"),
                      integer_of(answer, "file_count"), integer_of(answer, "total_size")};
  if (commit.image_id.empty()) return incomplete("the image_id");
  return commit;
}

Result<ReleaseAnswer> Client::release(const ReleaseQuestion& question) {
  return move_pointer(*exchange_, "/release", question);
}
Result<ReleaseAnswer> Client::rollback(const ReleaseQuestion& question) {
  return move_pointer(*exchange_, "/rollback", question);
}

Result<CurrentAnswer> Client::current(std::string_view project, std::string_view environment) {
  std::string path = "/current?project=" + encode_component(project) + "&environment=" + encode_component(environment);
  JsonValue answer = SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make("GET", path)));
  return CurrentAnswer{text_of(answer, "image_id"), text_of(answer, "content_hash"), text_of(answer, "deployed_at"),
                       text_of(answer, "url")};
}

Result<std::vector<ImageSummary>> Client::history(std::string_view project, std::string_view environment, int limit) {
  std::string path = "/history?project=" + encode_component(project) + "&limit=" + std::to_string(limit);
  if (!environment.empty()) path += "&environment=" + encode_component(environment);
  JsonValue answer = SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make("GET", path)));
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
    JsonValue page = SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make("GET", path)));
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
  JsonValue answer = SITEPOD_TRY(exchange_->json(policy, exchange_->make_json("POST", "/preview", std::move(body))));
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
      SITEPOD_TRY(exchange_->json(Repeat::WhenTurnedAway, exchange_->make_json("POST", "/tokens", std::move(body))));
  TokenSummary token = token_from(answer);
  if (token.token.empty()) return incomplete("the token");
  return token;
}

Result<std::vector<TokenSummary>> Client::tokens() {
  JsonValue answer = SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make("GET", "/tokens")));
  const JsonValue* items = answer.find("tokens");
  if (items == nullptr) return incomplete("the tokens");
  std::vector<TokenSummary> tokens;
  for (const JsonValue& item : items->items) tokens.push_back(token_from(item));
  return tokens;
}

Result<void> Client::revoke_token(std::string_view id) {
  SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make("DELETE", "/tokens/" + encode_component(id))));
  return {};
}

static DomainSummary domain_from(const JsonValue& item) {
  return {text_of(item, "domain"),           text_of(item, "slug"),      text_of(item, "type"), text_of(item, "status"),
          text_of(item, "verification_txt"), flag_of(item, "is_primary")};
}

Result<std::vector<DomainSummary>> Client::domains(std::string_view project) {
  JsonValue answer = SITEPOD_TRY(
      exchange_->json(Repeat::Freely, exchange_->make("GET", "/domains?project=" + encode_component(project))));
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
      SITEPOD_TRY(exchange_->json(Repeat::WhenTurnedAway, exchange_->make_json("POST", "/domains", std::move(body)))));
}

Result<VerifyAnswer> Client::verify_domain(std::string_view domain) {
  JsonValue answer = SITEPOD_TRY(
      exchange_->json(Repeat::Freely, exchange_->make("POST", "/domains/" + encode_component(domain) + "/verify")));
  return VerifyAnswer{text_of(answer, "domain"), text_of(answer, "status"), text_of(answer, "message"),
                      flag_of(answer, "verified")};
}

Result<void> Client::remove_domain(std::string_view domain, std::string_view slug) {
  std::string path = "/domains/" + encode_component(domain);
  if (!slug.empty()) path += "?slug=" + encode_component(slug);
  SITEPOD_TRY(exchange_->json(Repeat::WhenTurnedAway, exchange_->make("DELETE", path)));
  return {};
}

Result<std::string> Client::rename_subdomain(std::string_view project, std::string_view subdomain) {
  std::string body;
  JsonWriter(body).begin_object().member("new_subdomain", subdomain).end_object();
  JsonValue answer = SITEPOD_TRY(exchange_->json(
      Repeat::Freely,
      exchange_->make_json("PUT", "/domains/rename?project=" + encode_component(project), std::move(body))));
  return text_of(answer, "new_domain");
}

static TrafficAnswer traffic_from(const JsonValue& answer) {
  return {text_of(answer, "month"),     text_of(answer, "action"),   text_of(answer, "state"),
          text_of(answer, "resets_at"), integer_of(answer, "bytes"), integer_of(answer, "cap_bytes")};
}

Result<TrafficAnswer> Client::traffic(std::string_view project) {
  const std::string path = "/projects/" + encode_component(project) + "/traffic";
  return traffic_from(SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make("GET", path))));
}

Result<TrafficAnswer> Client::set_traffic_cap(std::string_view project, std::int64_t bytes, std::string_view action) {
  std::string body;
  JsonWriter(body).begin_object().member("cap_bytes", bytes).member("action", action).end_object();
  const std::string path = "/projects/" + encode_component(project) + "/traffic";
  return traffic_from(SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make_json("PUT", path, std::move(body)))));
}

Result<void> Client::delete_project(std::string_view name) {
  SITEPOD_TRY(exchange_->json(Repeat::Freely, exchange_->make("DELETE", "/projects/" + encode_component(name))));
  return {};
}

Result<std::int64_t> Client::delete_account() {
  JsonValue answer = SITEPOD_TRY(exchange_->json(Repeat::WhenTurnedAway, exchange_->make("DELETE", "/account")));
  return integer_of(answer, "deleted_projects");
}

Result<std::string> Client::suggest_name(std::string_view name) {
  JsonValue answer = SITEPOD_TRY(
      exchange_->json(Repeat::Freely, exchange_->make("GET", "/subdomain/check?subdomain=" + encode_component(name))));
  return flag_of(answer, "available") ? std::string() : text_of(answer, "suggestion");
}

}  // namespace sitepod::api
