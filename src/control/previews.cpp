#include "api/account_requests.hpp"
#include "api/json_writer.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> make_preview(Call& call);
Result<http::ApiResponse> list_previews(Call& call);
Result<http::ApiResponse> delete_preview(Call& call);

}  // namespace

void add_preview_routes(std::vector<Route>& routes) {
  using identity::Scope;
  routes.push_back({http::Method::Post, "/api/v1/preview", Access::owner(Scope::Deploy), make_preview});
  routes.push_back({http::Method::Get, "/api/v1/previews", Access::owner(Scope::Read), list_previews});
  routes.push_back(
      {http::Method::Delete, "/api/v1/previews/{project}/{slug}", Access::owner(Scope::Deploy), delete_preview});
}

namespace {

void write_preview(api::JsonWriter& json, const deploy::ListedPreview& listed) {
  json.begin_object();
  json.member("url", listed.url);
  json.member("path_url", listed.path_url);
  json.member("slug", listed.preview.slug);
  json.member("project", listed.project.name);
  json.member("image_id", listed.preview.image_id);
  json.member("created_at", to_rfc3339(listed.preview.created_at));
  json.member("expires_at", to_rfc3339(listed.preview.expires_at));
  json.member("has_password", !listed.preview.password_hash.empty());
  json.end_object();
}

Result<void> publish(Call& call, const meta::Project& project) {
  SITEPOD_TRY_WITH(call.rooms.publication.publish_project(project.id), "publishing " + project.name);
  return {};
}

Result<http::ApiResponse> make_preview(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  api::PreviewFields fields = SITEPOD_TRY(api::decode_preview(body.fields(call.request)));
  deploy::PreviewRequest request;
  request.project = {std::move(fields.project.name), std::move(fields.project.id)};
  request.image_id = std::move(fields.image_id);
  request.slug = std::move(fields.slug);
  request.lifetime = std::chrono::seconds(fields.lifetime);
  if (!fields.password.empty()) {
    // Hashing is dear: not for those who may not use the project anyway.
    SITEPOD_TRY(call.rooms.deployer.load_project(call.caller, request.project));
    request.password_hash = SITEPOD_TRY(call.rooms.identity.hash_password(fields.password));
  }
  const deploy::ListedPreview made = SITEPOD_TRY(call.rooms.deployer.make_preview(call.caller, request, call.now));
  SITEPOD_TRY(publish(call, made.project));
  std::string out;
  api::JsonWriter json(out);
  write_preview(json, made);
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> list_previews(Call& call) {
  api::ProjectFields project = SITEPOD_TRY(api::decode_project(query_fields(call.request)));
  const auto listed = SITEPOD_TRY(
      call.rooms.deployer.list_previews(call.caller, {std::move(project.name), std::move(project.id)}, call.now));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("previews").begin_array();
  for (const deploy::ListedPreview& preview : listed) write_preview(json, preview);
  json.end_array().member("total", listed.size()).end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> delete_preview(Call& call) {
  const meta::Project project = SITEPOD_TRY(
      call.rooms.deployer.delete_preview(call.caller, {call.parameters[0], ""}, call.parameters[1], call.now));
  SITEPOD_TRY(publish(call, project));
  return json_response(200, R"({"deleted":true})");
}

}  // namespace
}  // namespace sitepod::control
