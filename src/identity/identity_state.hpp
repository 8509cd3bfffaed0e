// What the parts of Identity share. Only .cpp files of this room include it.
#pragma once

#include <optional>
#include <string>

#include "identity/identity.hpp"
#include "identity/login_throttle.hpp"
#include "identity/passwords.hpp"

namespace sitepod::identity {

inline constexpr std::size_t kMinPasswordBytes = 8;

struct Identity::State {
  meta::MetaStore& meta;
  IdentitySettings settings;
  Passwords passwords;
  LoginThrottle throttle;
  LoginThrottle page_throttle;  // apart: visitors who guess keep nobody of their network from logging in

  // A failure is answered by `wait` where the caller has to wait.
  // Requires: the turn is held, so that parallel guesses cannot all pass the throttle before the first is counted.
  Result<LoggedIn> log_in(const Passwords::Turn& turn, const std::optional<meta::Account>& account,
                          const std::string& email, const LoginAttempt& attempt, std::optional<std::int64_t> wait,
                          Instant now);
  Result<LoggedIn> create(const Passwords::Turn& turn, const std::string& email, const LoginAttempt& attempt,
                          Instant now);
  Result<std::optional<meta::Account>> find(const std::string& email);

  bool may_create(const std::string& email, const LoginAttempt& attempt) const;
  bool is_setup(const LoginAttempt& attempt) const;
  bool needs_invite(const LoginAttempt& attempt) const;
  // Requires: inside the transaction that inserts the account, so that of two racing ones exactly one becomes admin.
  Result<bool> becomes_admin(meta::Session& session, const LoginAttempt& attempt) const;
  Result<void> use_invite(meta::Session& session, const meta::Account& account, const LoginAttempt& attempt,
                          Instant now) const;
};

// Errors that several parts give.
Error wrong_credentials();
Error throttled(std::int64_t seconds);

}  // namespace sitepod::identity
