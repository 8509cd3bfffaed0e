#include "api/json_writer.hpp"
#include "control/public_api.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> create_author(Call& call);
Result<http::ApiResponse> change_author(Call& call);
Result<http::ApiResponse> delete_author(Call& call);

}  // namespace

void add_author_routes(std::vector<Route>& routes) {
  const Access access = Access::token(identity::Scope::Content);
  routes.push_back({http::Method::Post, "/api/v1/authors", access, create_author});
  routes.push_back({http::Method::Patch, "/api/v1/authors/{id}", access, change_author});
  routes.push_back({http::Method::Delete, "/api/v1/authors/{id}", access, delete_author});
}

namespace {

// Authors are of the account: all of its sites show them.
Result<void> check_may_change_authors(Call& call) {
  SITEPOD_TRY(check_may_use_content(call.rooms.content, call.caller));
  if (!call.caller.project_id.empty())
    return forbidden(
        "This token is for one project, and authors belong to the whole account. Use a token of the account.");
  return {};
}

Result<content::AuthorChange> decode_author(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::Fields fields = body.fields_of_body();
  content::AuthorChange change;
  change.name = SITEPOD_TRY(fields.text("name"));
  change.slug = SITEPOD_TRY(fields.text("slug"));
  change.bio = SITEPOD_TRY(fields.text("bio"));
  change.avatar_url = SITEPOD_TRY(fields.text("avatarUrl"));
  return change;
}

http::ApiResponse answer_author(int status, const model::Author& author) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().member("id", author.id).member("name", author.name).member("slug", author.slug);
  json.member("bio", author.bio).member("avatarUrl", author.avatar_url).end_object();
  return json_response(status, std::move(out));
}

Result<http::ApiResponse> create_author(Call& call) {
  SITEPOD_TRY(check_may_change_authors(call));
  const content::AuthorChange change = SITEPOD_TRY(decode_author(call));
  return answer_author(201,
                       SITEPOD_TRY(call.rooms.content.sites.create_author(call.caller.account_id, change, call.now)));
}

Result<http::ApiResponse> change_author(Call& call) {
  SITEPOD_TRY(check_may_change_authors(call));
  const content::AuthorChange change = SITEPOD_TRY(decode_author(call));
  return answer_author(
      200, SITEPOD_TRY(call.rooms.content.sites.change_author(call.caller.account_id, call.parameters[0], change)));
}

Result<http::ApiResponse> delete_author(Call& call) {
  SITEPOD_TRY(check_may_change_authors(call));
  SITEPOD_TRY(call.rooms.content.sites.delete_author(call.caller.account_id, call.parameters[0]));
  return json_response(200, R"({"deleted":true,"message":"The author is deleted; its pages have none any more."})");
}

}  // namespace
}  // namespace sitepod::control
