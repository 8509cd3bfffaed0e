#include "api/json_writer.hpp"
#include "api/requests.hpp"
#include "control/paging.hpp"
#include "control/rooms.hpp"
#include "deploy/suspension.hpp"
#include "identity/user_care.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> list_users(Call& call);
Result<http::ApiResponse> grant(Call& call);
Result<http::ApiResponse> reset_password(Call& call);
Result<http::ApiResponse> suspend(Call& call);
Result<http::ApiResponse> unsuspend(Call& call);

}  // namespace

void add_admin_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Get, "/api/v1/admin/users", Access::admin(), list_users});
  routes.push_back({http::Method::Post, "/api/v1/admin/users/{email}/grant", Access::admin(), grant});
  routes.push_back({http::Method::Post, "/api/v1/admin/users/{email}/reset-password", Access::admin(), reset_password});
  routes.push_back({http::Method::Post, "/api/v1/admin/projects/{name}/suspend", Access::admin(), suspend});
  routes.push_back({http::Method::Post, "/api/v1/admin/projects/{name}/unsuspend", Access::admin(), unsuspend});
}

namespace {

constexpr std::int64_t kUserPage = 100;
constexpr std::int64_t kMaxUserPage = 1000;
constexpr std::size_t kMaxReasonBytes = 1000;

void write_user(api::JsonWriter& json, const meta::Account& account) {
  json.begin_object();
  json.member("id", account.id);
  json.member("email", account.email);
  json.member("is_admin", account.is_admin);
  json.member("created_at", to_rfc3339(account.created_at));
  json.end_object();
}

Result<http::ApiResponse> list_users(Call& call) {
  const api::PageFields page = SITEPOD_TRY(api::decode_page(query_fields(call.request), kUserPage, kMaxUserPage));
  const identity::UserPage users = SITEPOD_TRY(identity::list_users(call.rooms.meta, page.limit, page.offset));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("users").begin_array();
  for (const meta::Account& user : users.users) write_user(json, user);
  json.end_array().member("total", users.total).end_object();
  http::ApiResponse response = json_response(200, std::move(out));
  if (users.total - page.limit > page.offset) add_next_link(response, call.request, page);
  return response;
}

Result<http::ApiResponse> grant(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const std::string role = SITEPOD_TRY(body.fields(call.request).text("role")).value_or("admin");
  if (role != "admin" && role != "user") return invalid_request("The field \"role\" must be \"admin\" or \"user\".");
  const meta::Account account =
      SITEPOD_TRY(identity::set_admin(call.rooms.meta, call.caller, call.parameters[0], role == "admin", call.now));
  std::string out;
  api::JsonWriter json(out);
  write_user(json, account);
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> reset_password(Call& call) {
  const identity::IssuedReset issued =
      SITEPOD_TRY(identity::issue_password_reset(call.rooms.meta, call.caller, call.parameters[0], call.now));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("email", issued.account.email);
  json.member("url", call.rooms.deployer.settings().urls.base_url() + "/reset-password/" + issued.code);
  json.member("code", issued.code);
  json.member("expires_at", to_rfc3339(issued.expires_at));
  json.member("message", "This link sets a new password, once. Until then the old one counts.");
  json.end_object();
  return json_response(200, std::move(out));
}

// When it answers, visitors see it.
Result<http::ApiResponse> answer_project(Call& call, const meta::Project& project, bool is_suspended) {
  SITEPOD_TRY_WITH(call.rooms.publication.publish_project(project.id), "publishing " + project.name);
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("project", project.name);
  json.member("project_id", project.id);
  json.member("suspended", is_suspended);
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> suspend(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const std::string reason = SITEPOD_TRY(body.fields(call.request).text("reason")).value_or("");
  if (reason.size() > kMaxReasonBytes) return invalid_request("The field \"reason\" must be at most 1000 bytes.");
  return answer_project(
      call, SITEPOD_TRY(deploy::suspend_project(call.rooms.meta, call.caller, call.parameters[0], reason, call.now)),
      true);
}

Result<http::ApiResponse> unsuspend(Call& call) {
  return answer_project(
      call, SITEPOD_TRY(deploy::unsuspend_project(call.rooms.meta, call.caller, call.parameters[0], call.now)), false);
}

}  // namespace
}  // namespace sitepod::control
