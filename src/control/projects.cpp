#include "api/json_writer.hpp"
#include "api/requests.hpp"
#include "control/paging.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> list_projects(Call& call);
Result<http::ApiResponse> show_project(Call& call);
Result<http::ApiResponse> delete_project(Call& call);

}  // namespace

void add_project_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Get, "/api/v1/projects", Access::token(identity::Scope::Read), list_projects});
  routes.push_back({http::Method::Get, "/api/v1/projects/{name}", Access::owner(identity::Scope::Read), show_project});
  routes.push_back(
      {http::Method::Delete, "/api/v1/projects/{name}", Access::owner(identity::Scope::Account), delete_project});
}

namespace {

// A list without "limit" is complete (deploy API §16.20).
constexpr std::int64_t kEverything = INT64_MAX;

void write_project(api::JsonWriter& json, const deploy::ListedProject& listed, bool with_owner) {
  json.begin_object();
  json.member("id", listed.project.id);
  json.member("name", listed.project.name);
  json.member("subdomain", listed.project.subdomain);
  json.member("owner_id", listed.project.owner_id);
  if (with_owner) json.member("owner_email", listed.owner_email);
  json.member("created_at", to_rfc3339(listed.project.created_at));
  json.member("updated_at", to_rfc3339(listed.project.updated_at));
  json.end_object();
}

Result<http::ApiResponse> list_projects(Call& call) {
  const api::PageFields page = SITEPOD_TRY(api::decode_page(query_fields(call.request), kEverything, kEverything));
  // One more tells whether there is another page.
  const std::int64_t asked = page.limit == kEverything ? kEverything : page.limit + 1;
  auto listed = SITEPOD_TRY(call.rooms.deployer.list_projects(call.caller, asked, page.offset));
  const bool has_more = listed.size() > static_cast<std::size_t>(page.limit);
  if (has_more) listed.pop_back();
  std::string out;
  api::JsonWriter json(out);
  json.begin_array();
  for (const deploy::ListedProject& project : listed)
    write_project(json, project, identity::acts_as_admin(call.caller));
  json.end_array();
  http::ApiResponse response = json_response(200, std::move(out));
  if (has_more) add_next_link(response, call.request, page);
  return response;
}

Result<http::ApiResponse> show_project(Call& call) {
  const deploy::ListedProject project =
      SITEPOD_TRY(call.rooms.deployer.load_project(call.caller, {call.parameters[0], ""}));
  std::string out;
  api::JsonWriter json(out);
  write_project(json, project, identity::acts_as_admin(call.caller));
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> delete_project(Call& call) {
  const meta::Project project =
      SITEPOD_TRY(call.rooms.deployer.delete_project(call.caller, {call.parameters[0], ""}, call.now));
  SITEPOD_TRY_WITH(call.rooms.publication.publish_project(project.id), "taking down " + project.name);
  std::string out;
  api::JsonWriter(out)
      .begin_object()
      .member("message", "The project \"" + project.name + "\" is deleted; its name is free.")
      .end_object();
  return json_response(200, std::move(out));
}

}  // namespace
}  // namespace sitepod::control
