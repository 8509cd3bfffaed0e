// Accounts and tokens: log in or register, recognise a bearer token, revoke it.
// Any thread; login blocks for the password hash (one of a bounded number at once), the rest for the database.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

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
  std::size_t failed_logins_per_minute = 10;  // per e-mail and address
};

enum class LoginAction : std::uint8_t { LoginOrRegister, Login, Register };

struct LoginAttempt {
  std::string email;  // as typed
  std::string password;
  LoginAction action = LoginAction::LoginOrRegister;
  std::string address;
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

  // `authorization` is the header's value. Errors: Unauthenticated "missing_token" or "invalid_token".
  Result<Caller> authenticate(std::string_view authorization, std::string_view address, Instant now);

  // The presented token is worthless when this returned.
  Result<void> logout(const Caller& caller);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::identity
