#include "api/json_writer.hpp"
#include "control/public_api.hpp"
#include "control/received_media.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> upload_media(Call& call);
Result<http::ApiResponse> list_media(Call& call);

}  // namespace

void add_public_media_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/public/media", Access::content(), upload_media});
  routes.push_back({http::Method::Get, "/api/v1/public/media", Access::content(), list_media});
}

namespace {

constexpr std::uint64_t kMaxTextBytes = 64 * 1024;  // all that is no file; a site's id is meant → 413

Result<http::ApiResponse> upload_media(Call& call) {
  const ReceivedMedia received = SITEPOD_TRY(receive_media(call, kMaxTextBytes));
  if (received.form.files.size() != 1) return invalid_request("the form needs exactly one part with a file");
  const std::string* site_id = received.form.find_text("siteId");
  const meta::Project project =
      SITEPOD_TRY(call.rooms.content.sites.resolve(call.caller, site_id ? *site_id : std::string(), call.now));
  content::MediaLibrary& media = call.rooms.content.media;
  const content::PreparedMedia prepared =
      SITEPOD_TRY(media.prepare(project, received.form, received.folder.path(), call.now));
  SITEPOD_TRY(media.record(project, prepared));
  const Result<void> shown = show_media(call, project);
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().member("filename", prepared.files.front().filename);
  json.member("url", prepared.files.front().url);
  if (!shown.ok()) write_not_shown(json, prepared, shown.error());
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> list_media(Call& call) {
  const std::string site_id = SITEPOD_TRY(query_fields(call.request).text("siteId")).value_or("");
  const meta::Project project = SITEPOD_TRY(call.rooms.content.sites.resolve(call.caller, site_id, call.now));
  const content::Settings settings = SITEPOD_TRY(call.rooms.content.sites.load_settings(project.id));
  const std::vector<meta::Media> rows = SITEPOD_TRY(call.rooms.content.media.list(project));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("siteUrl", call.rooms.deployer.settings().urls.environment_url(project.subdomain, settings.environment));
  json.key("media").begin_array();
  for (const meta::Media& row : rows) {
    json.begin_object().member("url", "/" + row.path).member("size", row.size).member("sha256", row.blob.hex());
    json.member("type", row.media_type);
    if (row.width > 0) json.member("width", row.width).member("height", row.height);
    json.member("createdAt", whole_seconds(row.created_at)).end_object();
  }
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

}  // namespace
}  // namespace sitepod::control
