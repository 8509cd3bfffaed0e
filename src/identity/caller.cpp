#include "identity/caller.hpp"

namespace sitepod::identity {
namespace {

bool lists_word(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    if (words.substr(0, space) == wanted) return true;
    words = space == std::string_view::npos ? std::string_view() : words.substr(space + 1);
  }
  return false;
}

}  // namespace

bool has_scope(const Caller& caller, Scope scope) {
  if (scope == Scope::None) return true;
  if (scope == Scope::Account) return caller.scopes.empty() && caller.project_id.empty() && caller.environment.empty();
  if (caller.scopes.empty()) return true;
  switch (scope) {
    case Scope::None:
    case Scope::Account:
      break;
    case Scope::Read:
      return lists_word(caller.scopes, "read") || lists_word(caller.scopes, "deploy");
    case Scope::Deploy:
      return lists_word(caller.scopes, "deploy");
    case Scope::Content:
      return lists_word(caller.scopes, "content");
    case Scope::Admin:
      return lists_word(caller.scopes, "admin");
  }
  return false;
}

bool acts_as_admin(const Caller& caller) { return caller.is_admin && has_scope(caller, Scope::Admin); }

Result<void> check_may_use_project(const Caller& caller, const meta::Project& project) {
  if (!caller.project_id.empty() && caller.project_id != project.id)
    return forbidden("This token is good for another project only.");
  if (project.owner_id == caller.account_id || acts_as_admin(caller)) return {};
  return forbidden("This project belongs to another account.");
}

Result<void> check_may_release_to(const Caller& caller, std::string_view environment) {
  if (caller.environment.empty() || caller.environment == environment) return {};
  return forbidden("This token is good for the environment \"" + caller.environment + "\" only.");
}

Result<void> check_account_stands(meta::Session& session, const Caller& caller) {
  if (SITEPOD_TRY(meta::find_account(session, caller.account_id))) return {};
  return invalid_token();
}

Error invalid_token() {
  return {ErrorKind::Unauthenticated, "invalid_token", "The provided token is invalid or expired.", {}, {}};
}

}  // namespace sitepod::identity
