#include "api/json_writer.hpp"
#include "api/requests.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> log_in(Call& call);
Result<http::ApiResponse> log_out(Call& call);
Result<http::ApiResponse> show_account(Call& call);

}  // namespace

void add_auth_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/auth/login", Access::everyone(), log_in});
  routes.push_back({http::Method::Post, "/api/v1/auth/logout", Access::token(), log_out});
  routes.push_back({http::Method::Get, "/api/v1/auth/info", Access::token(), show_account});
}

namespace {

identity::LoginAction action_of(api::LoginRequest::Action action) {
  switch (action) {
    case api::LoginRequest::Action::Login:
      return identity::LoginAction::Login;
    case api::LoginRequest::Action::Register:
      return identity::LoginAction::Register;
    case api::LoginRequest::Action::LoginOrRegister:
      break;
  }
  return identity::LoginAction::LoginOrRegister;
}

Result<http::ApiResponse> log_in(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  // Credentials never stand in an address: it ends up in logs.
  const api::LoginRequest request = SITEPOD_TRY(api::decode_login(body.fields_of_body()));
  const std::string setup_token =
      request.setup_token.empty() ? std::string(call.request.header("X-Sitepod-Setup-Token")) : request.setup_token;
  const identity::LoggedIn done =
      SITEPOD_TRY(call.rooms.identity.login({request.email, request.password, action_of(request.action),
                                             call.request.peer_address, request.invite, setup_token},
                                            call.now));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("token", done.token);
  json.member("user_id", done.account.id);
  json.member("email", done.account.email);
  json.member("is_admin", done.account.is_admin);
  json.member("created", done.created);
  json.member("message", done.created ? "Account created." : "Logged in.");
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> log_out(Call& call) {
  SITEPOD_TRY(call.rooms.identity.logout(call.caller));
  std::string out;
  api::JsonWriter(out).begin_object().member("message", "Logged out.").end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> show_account(Call& call) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("id", call.caller.account_id);
  json.member("email", call.caller.email);
  json.member("is_admin", call.caller.is_admin);
  json.member("is_anonymous", false);
  json.end_object();
  return json_response(200, std::move(out));
}

}  // namespace
}  // namespace sitepod::control
