// Accounts and tokens: log in or register, recognise a bearer token, revoke it.
// Any thread; login blocks for the password hash (one of a bounded number at once), the rest for the database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/caller.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::identity {

// Whether a stranger may create an account (deploy API, amendments).
enum class Registration : std::uint8_t { Open, Invite, Closed };

struct IdentitySettings {
  Registration registration = Registration::Open;
  std::size_t password_concurrency = 0;       // argon2id runs at once; 0: half of the processors, at least one
  std::size_t failed_logins_per_minute = 10;  // per e-mail and network (/24, /64)
  // Per network, whatever the e-mail: enough for an office behind one address, too few for trying a stolen list.
  std::size_t failed_logins_of_a_network = 3000;
  std::size_t failed_pages_per_minute = 10;     // guesses at a page's password: per page and network
  std::size_t failed_pages_of_a_network = 300;  // whatever the page
  // Not empty: only who knows it becomes the first admin, whatever the registration policy is.
  std::string setup_token = {};
  // The server's own name among accounts: nobody can register it.
  std::string system_email = {};
};

enum class LoginAction : std::uint8_t { LoginOrRegister, Login, Register };

struct LoginAttempt {
  std::string email;  // as typed
  std::string password;
  LoginAction action = LoginAction::LoginOrRegister;
  std::string address;
  std::string invite = {};       // for a new account where the policy asks for one
  std::string setup_token = {};  // for the first admin
};

struct IssuedInvite {
  meta::Invite invite;
  std::string code;  // shown once
};

struct LoggedIn {
  meta::Account account;
  std::string token;  // shown once
  bool created = false;
};

class Identity {
 public:
  // `meta` outlives the Identity.
  Identity(meta::MetaStore& meta, IdentitySettings settings);
  ~Identity();

  // Errors: Invalid (form), Unauthenticated "invalid_credentials", Conflict (registering a known e-mail), Forbidden
  // (registration closed), RateLimited with detail "retry_after" (seconds).
  Result<LoggedIn> login(const LoginAttempt& attempt, Instant now);

  // The operator's admin account; true: it was made. One that exists stays as it is, its password too.
  Result<bool> create_admin(std::string_view email, std::string_view password, Instant now);

  // The same, but with this password and role in any case.
  Result<void> keep_admin(std::string_view email, std::string_view password, Instant now);
  // An account of known credentials, which is nobody's: it is no admin, and its password stays.
  Result<void> create_demo(Instant now);

  // `authorization` is the header's value. Errors: Unauthenticated "missing_token" or "invalid_token".
  Result<Caller> authenticate(std::string_view authorization, std::string_view address, Instant now);

  // The presented token is worthless when this returned.
  Result<void> logout(const Caller& caller);

  // Ends every other login of the account. Errors: Unauthenticated "invalid_credentials" (current password),
  // RateLimited, Invalid.
  Result<void> change_password(const Caller& caller, const std::string& current, const std::string& wanted,
                               Instant now);

  // With a code of issue_password_reset. Every login ends, API tokens stay. Errors: Invalid (the password's form, or
  // the code is unknown, used or expired), RateLimited.
  Result<void> reset_password(const std::string& code, const std::string& wanted, std::string_view address,
                              Instant now);

  // One transaction: the account and everything that is its. Yields the ids of its projects, which the caller has the
  // publisher take down. Forbidden for accounts that are no person's.
  Result<std::vector<std::string>> delete_account(const Caller& caller, Instant now);

  // Codes that let somebody make an account where the policy asks for one. `email` empty: for anybody.
  Result<IssuedInvite> issue_invite(const Caller& caller, std::string_view email, std::int64_t expires_in, Instant now);
  Result<std::vector<meta::Invite>> list_invites(std::int64_t limit, std::int64_t offset);
  Result<void> revoke_invite(const Caller& caller, std::string_view id, Instant now);

  // Slow on purpose; for passwords of other things than accounts. Unavailable when too many wait.
  Result<std::string> hash_password(std::string_view password);
  Result<bool> check_password(std::string_view hash, std::string_view password);
  // The same for the password of `page`. Whoever guesses too often has to wait: RateLimited.
  Result<bool> check_page_password(std::string_view page, std::string_view hash, std::string_view password,
                                   std::string_view address, Instant now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::identity
