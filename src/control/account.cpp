#include "api/account_requests.hpp"
#include "api/json_writer.hpp"
#include "base/log.hpp"
#include "control/paging.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> delete_account(Call& call);
Result<http::ApiResponse> change_password(Call& call);
Result<http::ApiResponse> create_invite(Call& call);
Result<http::ApiResponse> list_invites(Call& call);
Result<http::ApiResponse> revoke_invite(Call& call);

}  // namespace

void add_account_routes(std::vector<Route>& routes) {
  using identity::Scope;
  routes.push_back({http::Method::Delete, "/api/v1/account", Access::token(Scope::Account), delete_account});
  routes.push_back({http::Method::Post, "/api/v1/account/password", Access::token(Scope::Account), change_password});
  routes.push_back({http::Method::Post, "/api/v1/admin/invites", Access::admin(), create_invite});
  routes.push_back({http::Method::Get, "/api/v1/admin/invites", Access::admin(), list_invites});
  routes.push_back({http::Method::Delete, "/api/v1/admin/invites/{id}", Access::admin(), revoke_invite});
}

namespace {

constexpr std::int64_t kInvitePage = 100;
constexpr std::int64_t kMaxPage = 1000;

Result<http::ApiResponse> delete_account(Call& call) {
  const auto projects = SITEPOD_TRY(call.rooms.identity.delete_account(call.caller, call.now));
  call.rooms.deployer.forget_projects(projects);
  for (const std::string& id : projects) {
    // The account is gone whatever becomes of this; the change feed tells the publisher again.
    if (auto published = call.rooms.publication.publish_project(id); !published.ok())
      log::error("could not take down a deleted account's site yet",
                 {{"project", id}, {"reason", published.error().context}});
  }
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("message", "The account and everything that was its are deleted.");
  json.member("deleted_projects", projects.size());
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> change_password(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::PasswordFields change = SITEPOD_TRY(api::decode_password_change(body.fields_of_body()));
  SITEPOD_TRY(call.rooms.identity.change_password(call.caller, change.current, change.wanted, call.now));
  return json_response(200, R"({"message":"The password is changed; every other login has ended."})");
}

void write_invite(api::JsonWriter& json, const meta::Invite& invite) {
  json.member("id", invite.id);
  json.member_or_null("email", invite.email);
  json.member("created_by", invite.created_by);
  json.member("created_at", to_rfc3339(invite.created_at));
  json.member("expires_at", to_rfc3339(invite.expires_at));
  json.member("used", !invite.used_by.empty());
  json.member_or_null("used_at", invite.used_at ? to_rfc3339(*invite.used_at) : std::string());
}

Result<http::ApiResponse> create_invite(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::InviteFields fields = SITEPOD_TRY(api::decode_invite(body.fields_of_body()));
  const identity::IssuedInvite issued =
      SITEPOD_TRY(call.rooms.identity.issue_invite(call.caller, fields.email, fields.expires_in, call.now));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  write_invite(json, issued.invite);
  json.member("code", issued.code);
  json.end_object();
  return json_response(201, std::move(out));
}

Result<http::ApiResponse> list_invites(Call& call) {
  const api::PageFields page = SITEPOD_TRY(api::decode_page(query_fields(call.request), kInvitePage, kMaxPage));
  // One more tells whether there is another page.
  auto invites = SITEPOD_TRY(call.rooms.identity.list_invites(page.limit + 1, page.offset));
  const bool has_more = invites.size() > static_cast<std::size_t>(page.limit);
  if (has_more) invites.pop_back();
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("invites").begin_array();
  for (const meta::Invite& invite : invites) {
    json.begin_object();
    write_invite(json, invite);
    json.end_object();
  }
  json.end_array().end_object();
  http::ApiResponse response = json_response(200, std::move(out));
  if (has_more) add_next_link(response, call.request, page);
  return response;
}

Result<http::ApiResponse> revoke_invite(Call& call) {
  SITEPOD_TRY(call.rooms.identity.revoke_invite(call.caller, call.parameters[0], call.now));
  return json_response(200, R"({"deleted":true,"message":"The invite is worthless now."})");
}

}  // namespace
}  // namespace sitepod::control
