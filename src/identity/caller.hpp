// Who is asking: the account and the token behind one API request, and what that token may do.
// A value; any thread. Made only by Identity::authenticate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "meta/records.hpp"

namespace sitepod::identity {

// Account: what concerns the account itself; no token that is narrowed in any way has it.
enum class Scope : std::uint8_t { None, Read, Deploy, Content, Admin, Account };

struct Caller {
  std::string account_id;
  std::string email;
  std::string account_kind;  // "human", "system", "demo"
  bool is_admin = false;     // of the account; a scoped token needs the scope "admin" besides
  std::string token_id;
  std::string token_name;
  std::string scopes;       // space-separated; empty: whatever the account may do
  std::string project_id;   // the only project the token is good for; empty: all of the account's
  std::string environment;  // the only environment the token may release to; empty: all
  std::string address;      // numeric, of the peer
};

// True when the token carries the scope. "deploy" includes "read"; a token without scopes carries every scope;
// but one for a project or environment only not Scope::Account. Scope::None is always carried.
bool has_scope(const Caller& caller, Scope scope);
// The scopes of a token for the content API alone ("sp_…"): it is good for nothing else.
inline constexpr std::string_view kContentOnly = "content";
// The account is an admin's and the token may use that.
bool acts_as_admin(const Caller& caller);

// Owner or admin, and the token is good for this project; else Forbidden.
Result<void> check_may_use_project(const Caller& caller, const meta::Project& project);
// The token is good for this environment; else Forbidden.
Result<void> check_may_release_to(const Caller& caller, std::string_view environment);
// For a transaction that writes rows of the account: it may have been deleted since it was let in. Error:
// invalid_token.
Result<void> check_account_stands(meta::Session& session, const Caller& caller);
// The answer to a token that is no token, or none any more.
Error invalid_token();

}  // namespace sitepod::identity
