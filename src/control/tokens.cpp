#include "identity/tokens.hpp"

#include "api/account_requests.hpp"
#include "api/json_writer.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> create_token(Call& call);
Result<http::ApiResponse> list_tokens(Call& call);
Result<http::ApiResponse> rename_token(Call& call);
Result<http::ApiResponse> revoke_token(Call& call);

}  // namespace

// Any token may manage tokens that may do no more than itself; identity::Tokens sees to it.
void add_token_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/tokens", Access::token(), create_token});
  routes.push_back({http::Method::Get, "/api/v1/tokens", Access::token(), list_tokens});
  routes.push_back({http::Method::Patch, "/api/v1/tokens/{id}", Access::token(), rename_token});
  routes.push_back({http::Method::Delete, "/api/v1/tokens/{id}", Access::token(), revoke_token});
}

namespace {

void write_instant(api::JsonWriter& json, std::string_view name, std::optional<Instant> instant) {
  json.member_or_null(name, instant ? to_rfc3339(*instant) : std::string());
}

void write_token(api::JsonWriter& json, const identity::ListedToken& listed) {
  const meta::Token& token = listed.token;
  json.member("id", token.id);
  json.member("name", token.name);
  json.key("scopes").begin_array();
  for (std::string_view rest = token.scopes; !rest.empty();) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    json.value(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  json.end_array();
  json.member_or_null("project", listed.project);
  json.member_or_null("environment", token.environment);
  json.member("created_at", to_rfc3339(token.created_at));
  write_instant(json, "last_used_at", token.last_used_at);
  write_instant(json, "expires_at", token.expires_at);
}

Result<http::ApiResponse> create_token(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  api::TokenFields fields = SITEPOD_TRY(api::decode_token(body.fields_of_body()));
  const identity::IssuedToken issued =
      SITEPOD_TRY(identity::Tokens(call.rooms.meta)
                      .issue(call.caller,
                             {std::move(fields.name), std::move(fields.scopes), std::move(fields.project),
                              std::move(fields.environment), fields.expires_in},
                             call.now));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  write_token(json, issued.listed);
  json.member("token", issued.secret);
  json.end_object();
  return json_response(201, std::move(out));
}

Result<http::ApiResponse> list_tokens(Call& call) {
  using Kind = identity::Tokens::Kind;
  const std::string kind = SITEPOD_TRY(query_fields(call.request).text("kind")).value_or("api");
  if (kind != "api" && kind != "login") return invalid_request("The field \"kind\" must be \"api\" or \"login\".");
  const auto listed = SITEPOD_TRY(
      identity::Tokens(call.rooms.meta).list(call.caller, kind == "api" ? Kind::Api : Kind::Login, call.now));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("tokens").begin_array();
  for (const identity::ListedToken& token : listed) {
    json.begin_object();
    write_token(json, token);
    json.end_object();
  }
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> rename_token(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const std::string name = SITEPOD_TRY(body.fields_of_body().required_text("name"));
  const identity::ListedToken renamed =
      SITEPOD_TRY(identity::Tokens(call.rooms.meta).rename(call.caller, call.parameters[0], name, call.now));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  write_token(json, renamed);
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> revoke_token(Call& call) {
  SITEPOD_TRY(identity::Tokens(call.rooms.meta).revoke(call.caller, call.parameters[0], call.now));
  return json_response(200, R"({"deleted":true,"message":"The token is revoked."})");
}

}  // namespace
}  // namespace sitepod::control
