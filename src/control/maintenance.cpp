#include "control/maintenance.hpp"

#include "api/json_writer.hpp"
#include "base/digest.hpp"
#include "base/log.hpp"
#include "control/rooms.hpp"
#include "deploy/cleanup.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> collect_garbage(Call& call);
Result<http::ApiResponse> clean_up(Call& call);
Result<http::ApiResponse> invalidate_caches(Call& call);
Result<http::ApiResponse> rebuild_routing(Call& call);
Result<http::ApiResponse> purge(Call& call);
Result<http::ApiResponse> lift_purge(Call& call);
Result<http::ApiResponse> purge_image(Call& call);

}  // namespace

void add_maintenance_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/gc", Access::admin(), collect_garbage});
  routes.push_back({http::Method::Post, "/api/v1/cleanup", Access::admin(), clean_up});
  routes.push_back({http::Method::Post, "/api/v1/admin/cache/invalidate", Access::admin(), invalidate_caches});
  routes.push_back({http::Method::Post, "/api/v1/admin/routing/rebuild", Access::admin(), rebuild_routing});
  routes.push_back({http::Method::Post, "/api/v1/admin/purge", Access::admin(), purge});
  routes.push_back({http::Method::Delete, "/api/v1/admin/purge/{blob}", Access::admin(), lift_purge});
  routes.push_back({http::Method::Delete, "/api/v1/images/{id}", Access::owner(identity::Scope::Deploy), purge_image});
}

std::optional<identity::Caller> find_operator(const http::ApiRequest& request, const Maintenance& maintenance) {
  const std::string_view secret = maintenance.admin_token;
  if (secret.empty()) return std::nullopt;
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view authorization = request.header("Authorization");
  std::string scheme(authorization.substr(0, kScheme.size()));
  for (char& c : scheme)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  const std::string_view bearer = scheme == kScheme ? authorization.substr(kScheme.size()) : std::string_view();
  // Digests of both sides are compared: how long that takes says nothing about the secret.
  const Digest wanted = sha256(secret);
  const bool by_header = sha256(request.header("X-Sitepod-Admin-Token")) == wanted;
  if (!by_header && sha256(bearer) != wanted) return std::nullopt;
  identity::Caller caller;
  caller.account_id = "operator";
  caller.email = maintenance.system_email;
  caller.account_kind = "system";
  caller.is_admin = true;
  caller.token_id = "operator";
  caller.token_name = "SITEPOD_ADMIN_TOKEN";
  caller.address = request.peer_address;
  return caller;
}

namespace {

constexpr std::int64_t kMaxGraceSeconds = 10ll * 365 * 24 * 3600;
constexpr std::size_t kMaxReasonBytes = 1000;

Error no_maintenance() { return unavailable("This server does no maintenance."); }

void write_errors(api::JsonWriter& json, const std::vector<std::string>& errors) {
  json.key("errors").begin_array();
  for (const std::string& error : errors) json.value(error);
  json.end_array();
}

Result<http::ApiResponse> collect_garbage(Call& call) {
  deploy::Collector* collector = call.rooms.maintenance.collector;
  if (!collector) return no_maintenance();
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::Fields fields = body.fields(call.request);
  deploy::CollectRequest request;
  if (const auto grace = SITEPOD_TRY(fields.integer("grace_seconds", 0, kMaxGraceSeconds)))
    request.grace = std::chrono::seconds(*grace);
  request.dry_run = SITEPOD_TRY(fields.boolean("dry_run")).value_or(false);
  const deploy::CollectReport report = collector->collect(request, call.now);
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("referenced_blobs", report.referenced_blobs);
  json.member("total_blobs", report.total_blobs);
  json.member("deleted_blobs", report.deleted_blobs);
  json.member("deleted_images", report.deleted_images);
  json.member("deleted_orphans", report.deleted_orphans);
  json.member("freed_bytes", report.freed_bytes);
  json.member("dry_run", request.dry_run);
  write_errors(json, report.errors);
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> clean_up(Call& call) {
  SITEPOD_TRY(Body::read(call.request));
  const deploy::CleanupReport report = SITEPOD_TRY(deploy::delete_expired(call.rooms.meta, call.now));
  std::vector<std::string> errors;
  for (const std::string& project : report.projects)
    if (Result<void> published = call.rooms.publication.publish_project(project); !published.ok()) {
      log::error("a project could not be published after its previews expired",
                 {{"project", project}, {"cause", published.error().context}});
      errors.push_back("A project could not be published; see the log.");
    }
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("expired_previews_deleted", report.expired_previews);
  json.member("expired_plans_deleted", report.expired_plans);
  // No account of this server expires.
  json.member("expired_users_deleted", std::int64_t{0});
  write_errors(json, errors);
  json.end_object();
  return json_response(200, std::move(out));
}

http::ApiResponse message_response(std::string_view message) {
  std::string out;
  api::JsonWriter(out).begin_object().member("message", message).end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> invalidate_caches(Call& call) {
  SITEPOD_TRY(Body::read(call.request));
  if (!call.rooms.maintenance.invalidate_caches) return no_maintenance();
  call.rooms.maintenance.invalidate_caches();
  return message_response("Every cached file is read anew.");
}

Result<http::ApiResponse> rebuild_routing(Call& call) {
  SITEPOD_TRY(Body::read(call.request));
  if (!call.rooms.maintenance.publish_everything) return no_maintenance();
  SITEPOD_TRY_WITH(call.rooms.maintenance.publish_everything(), "rebuilding the routing");
  return message_response("Every project was published anew.");
}

std::string encode_purged(std::string_view what, std::string_view id, const deploy::PurgeReport& report) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("purged", true);
  json.member(what, id);
  json.member("deleted_blobs", report.deleted_blobs);
  json.member("kept_blobs", report.kept_blobs);
  json.member("affected_images", report.affected_images);
  json.member("freed_bytes", report.freed_bytes);
  write_errors(json, report.errors);
  json.end_object();
  return out;
}

Result<std::string> decode_reason(const api::Fields& fields) {
  std::string reason = SITEPOD_TRY(fields.text("reason")).value_or("");
  if (reason.size() > kMaxReasonBytes)
    return invalid_request("The field \"reason\" may have at most " + std::to_string(kMaxReasonBytes) + " bytes.");
  return reason;
}

Result<Digest> decode_digest(std::string_view text) {
  const std::optional<Digest> digest = parse_digest(text);
  if (!digest) return invalid("invalid_hash", "The field \"blob\" must be 64 hexadecimal digits.");
  return *digest;
}

Result<http::ApiResponse> purge(Call& call) {
  deploy::Purger* purger = call.rooms.maintenance.purger;
  if (!purger) return no_maintenance();
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::Fields fields = body.fields(call.request);
  const std::optional<std::string> image = SITEPOD_TRY(fields.text("image_id"));
  const std::optional<std::string> blob = SITEPOD_TRY(fields.text("blob"));
  if (image.has_value() == blob.has_value())
    return invalid_request("Exactly one of the fields \"image_id\" and \"blob\" is required.");
  std::string reason = SITEPOD_TRY(decode_reason(fields));
  if (image) {
    const auto report = SITEPOD_TRY(purger->purge_image(call.caller, *image, std::move(reason), call.now));
    return json_response(200, encode_purged("image_id", *image, report));
  }
  const Digest digest = SITEPOD_TRY(decode_digest(*blob));
  const auto report = SITEPOD_TRY(purger->purge_blob(call.caller, digest, std::move(reason), call.now));
  return json_response(200, encode_purged("blob", digest.hex(), report));
}

Result<http::ApiResponse> lift_purge(Call& call) {
  deploy::Purger* purger = call.rooms.maintenance.purger;
  if (!purger) return no_maintenance();
  const Digest digest = SITEPOD_TRY(decode_digest(call.parameters[0]));
  SITEPOD_TRY(purger->lift(call.caller, digest, call.now));
  return message_response("The content may be uploaded again.");
}

// Images go by themselves when retention lets them; what a person deletes is to be destroyed.
Result<http::ApiResponse> purge_image(Call& call) {
  deploy::Purger* purger = call.rooms.maintenance.purger;
  if (!purger) return no_maintenance();
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::Fields fields = body.fields(call.request);
  if (!SITEPOD_TRY(fields.boolean("purge")).value_or(false)) {
    // Whose it is comes before what is missing in the request.
    SITEPOD_TRY(call.rooms.deployer.load_image(call.caller, call.parameters[0]));
    return invalid_request("Deleting an image destroys it for good: confirm with \"purge=1\".");
  }
  std::string reason = SITEPOD_TRY(decode_reason(fields));
  const auto report = SITEPOD_TRY(purger->purge_image(call.caller, call.parameters[0], std::move(reason), call.now));
  return json_response(200, encode_purged("image_id", call.parameters[0], report));
}

}  // namespace
}  // namespace sitepod::control
