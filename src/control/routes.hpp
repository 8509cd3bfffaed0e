// The route table: which method and path is which handler, and who may call it. A route without an access rule does not
// compile: Access has no default. Immutable after construction; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/api_exchange.hpp"
#include "identity/caller.hpp"

namespace sitepod::control {

// Who may call a route. Owner: a token whose account owns what the request names, or an admin's; deploy decides it
// where it reads the project, the rule here says what the generated access matrix expects.
enum class Who : std::uint8_t { Everyone, Token, Owner, Admin };
// Uploads are outside the request budget of a token (deploy API §12); the content API has one for each address.
enum class Budget : std::uint8_t { Counted, Upload, Address };

class Access {
 public:
  static constexpr Access everyone() { return {Who::Everyone, identity::Scope::None, Budget::Counted}; }
  // A token of any scope.
  static constexpr Access token() { return {Who::Token, identity::Scope::None, Budget::Counted}; }
  static constexpr Access token(identity::Scope scope) { return {Who::Token, scope, Budget::Counted}; }
  static constexpr Access owner(identity::Scope scope) { return {Who::Owner, scope, Budget::Counted}; }
  static constexpr Access owner_upload() { return {Who::Owner, identity::Scope::Deploy, Budget::Upload}; }
  // Of the content API: below /api/v1/public, with that API's form of errors.
  static constexpr Access content() { return {Who::Token, identity::Scope::Content, Budget::Address}; }
  static constexpr Access admin() { return {Who::Admin, identity::Scope::Admin, Budget::Counted}; }

  constexpr Who who() const { return who_; }
  constexpr identity::Scope scope() const { return scope_; }
  constexpr Budget budget() const { return budget_; }

 private:
  constexpr Access(Who who, identity::Scope scope, Budget budget) : who_(who), scope_(scope), budget_(budget) {}
  Who who_;
  identity::Scope scope_;
  Budget budget_;
};

struct Rooms;  // what handlers may use; control/rooms.hpp

// One request on its way through a handler.
struct Call {
  Rooms& rooms;
  http::ApiRequest& request;
  identity::Caller caller;              // empty for Everyone
  std::vector<std::string> parameters;  // decoded, one per {…} of the pattern
  Instant now;
};

using Handler = Result<http::ApiResponse> (*)(Call& call);

struct Route {
  http::Method method;
  std::string_view pattern;  // "/api/v1/upload/{plan_id}/{hash}"
  Access access;
  Handler handler;
};

// Every route of the server; each noun's file binds its own at its top.
const std::vector<Route>& all_routes();

void add_auth_routes(std::vector<Route>& routes);
void add_project_routes(std::vector<Route>& routes);
void add_plan_routes(std::vector<Route>& routes);
void add_upload_routes(std::vector<Route>& routes);
void add_commit_routes(std::vector<Route>& routes);
void add_release_routes(std::vector<Route>& routes);
void add_image_routes(std::vector<Route>& routes);
void add_domain_routes(std::vector<Route>& routes);
void add_token_routes(std::vector<Route>& routes);
void add_account_routes(std::vector<Route>& routes);
void add_preview_routes(std::vector<Route>& routes);
void add_health_routes(std::vector<Route>& routes);
void add_operation_routes(std::vector<Route>& routes);
void add_admin_routes(std::vector<Route>& routes);
void add_maintenance_routes(std::vector<Route>& routes);
void add_archive_routes(std::vector<Route>& routes);
void add_traffic_routes(std::vector<Route>& routes);
void add_password_reset_routes(std::vector<Route>& routes);
void add_site_routes(std::vector<Route>& routes);
void add_author_routes(std::vector<Route>& routes);
void add_public_page_routes(std::vector<Route>& routes);
void add_public_build_routes(std::vector<Route>& routes);
void add_public_media_routes(std::vector<Route>& routes);

struct RouteMatch {
  const Route* route = nullptr;
  std::vector<std::string> parameters;
  std::vector<std::string_view> allowed;  // when only the method is wrong: for Allow
};
// `path` is still percent-encoded; parameters come out decoded. HEAD falls to GET.
RouteMatch find_route(http::Method method, std::string_view path);

std::string_view text_of(http::Method method);

}  // namespace sitepod::control
