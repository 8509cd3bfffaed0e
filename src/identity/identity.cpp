#include "identity/identity.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "identity/audit.hpp"
#include "identity/identity_state.hpp"
#include "identity/token_secret.hpp"
#include "meta/users.hpp"
#include "model/names.hpp"

namespace sitepod::identity {
namespace {

constexpr std::int64_t kLoginTokenMs = std::int64_t{30} * 24 * 3600 * 1000;  // slides with use
// last_used_at and the sliding expiry are this coarse, so that a request rarely costs a write.
constexpr std::int64_t kTouchEveryMs = 60 * 1000;

constexpr std::string_view kDemoEmail = "demo@sitepod.dev";
constexpr std::string_view kDemoPassword = "demo123";

Error no_token() {
  return {ErrorKind::Unauthenticated, "missing_token", "This needs a token: send \"Authorization: Bearer …\".", {}, {}};
}

Error wrong_setup_token() { return forbidden("The setup token is wrong, or this server has its admin already."); }
Error wrong_invite() { return forbidden("The invite is unknown, used, expired or for another e-mail address."); }

Result<void> check_new_password(std::string_view password) {
  if (password.size() < kMinPasswordBytes)
    return invalid_request("The field \"password\" must be at least 8 bytes for a new account.");
  return {};
}

// Whoever just made the account, as the log shows them.
Caller newcomer(const meta::Account& account, const LoginAttempt& attempt) {
  Caller caller;
  caller.account_id = account.id;
  caller.email = account.email;
  caller.address = attempt.address;
  return caller;
}

// The credentials of "Bearer x" (RFC 9110 §11.4): the scheme in any case, one or more spaces.
std::optional<std::string_view> bearer_of(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer";
  if (authorization.size() < kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i)
    if ((authorization[i] | 0x20) != kScheme[i]) return std::nullopt;
  std::string_view rest = authorization.substr(kScheme.size());
  if (!rest.empty() && rest.front() != ' ') return std::nullopt;
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  return rest;
}

meta::Token login_token(const std::string& account_id, const std::string& secret, Instant now) {
  meta::Token token;
  token.id = random_id("tok_");
  token.digest = token_digest(secret);
  token.account_id = account_id;
  token.name = "login";
  token.kind = "login";
  token.created_at = now;
  token.expires_at = Instant{now.unix_ms + kLoginTokenMs};
  return token;
}

}  // namespace

Error wrong_credentials() {
  return {ErrorKind::Unauthenticated, "invalid_credentials", "The e-mail or the password is wrong.", {}, {}};
}

Error throttled(std::int64_t seconds) {
  return Error{ErrorKind::RateLimited, "rate_limited", "Too many failed logins; wait a minute and try again.", {}, {}}
      .detail("retry_after", std::to_string(seconds));
}

Result<LoggedIn> Identity::State::log_in(const Passwords::Turn& turn, const std::optional<meta::Account>& account,
                                         const std::string& email, const LoginAttempt& attempt,
                                         std::optional<std::int64_t> wait, Instant now) {
  const std::string hash = account ? account->password_hash : std::string();
  // An unknown account takes the same time as a wrong password: registering reveals existence, logging in does not.
  if (!SITEPOD_TRY(passwords.verify(turn, hash, attempt.password))) {
    throttle.count_failure(email, attempt.address, now);
    return wait ? throttled(*wait) : wrong_credentials();
  }
  std::string new_hash;
  if (Passwords::needs_rehash(hash)) new_hash = SITEPOD_TRY(passwords.hash(turn, attempt.password));
  LoggedIn done{*account, make_token_secret(), false};
  const meta::Token token = login_token(account->id, done.token, now);
  Result<void> stored = meta.write([&](meta::Session& session) -> Result<void> {
    if (!new_hash.empty()) SITEPOD_TRY(meta::set_password_hash(session, done.account.id, new_hash));
    return meta::insert_token(session, token);
  });
  if (!stored.ok()) return std::move(stored).error();
  return done;
}

Result<LoggedIn> Identity::State::create(const Passwords::Turn& turn, const std::string& email,
                                         const LoginAttempt& attempt, Instant now) {
  SITEPOD_TRY(check_new_password(attempt.password));
  LoggedIn done;
  done.account.id = random_id("usr_");
  done.account.email = email;
  done.account.password_hash = SITEPOD_TRY(passwords.hash(turn, attempt.password));
  done.account.kind = "human";
  done.account.created_at = now;
  done.token = make_token_secret();
  done.created = true;
  const meta::Token token = login_token(done.account.id, done.token, now);
  // The count and the insertion are one transaction: of two racing first accounts exactly one becomes admin.
  Result<void> stored = meta.write([&](meta::Session& session) -> Result<void> {
    done.account.is_admin = SITEPOD_TRY(becomes_admin(session, attempt));
    SITEPOD_TRY(meta::insert_account(session, done.account));
    if (needs_invite(attempt)) SITEPOD_TRY(use_invite(session, done.account, attempt, now));
    SITEPOD_TRY(meta::insert_event(session, make_event(newcomer(done.account, attempt), "account_created", now)));
    return meta::insert_token(session, token);
  });
  if (!stored.ok()) return std::move(stored).error();
  log::info("account created", {{"account", done.account.id}, {"admin", done.account.is_admin ? "yes" : "no"}});
  return done;
}

Result<std::optional<meta::Account>> Identity::State::find(const std::string& email) {
  return meta.read([&](meta::Session& session) { return meta::find_account_by_email(session, email); });
}

bool Identity::State::may_create(const std::string& email, const LoginAttempt& attempt) const {
  if (attempt.action == LoginAction::Login || email == settings.system_email) return false;
  if (settings.registration == Registration::Open || is_setup(attempt)) return true;
  return settings.registration == Registration::Invite && !attempt.invite.empty();
}
bool Identity::State::is_setup(const LoginAttempt& attempt) const {
  return !settings.setup_token.empty() && !attempt.setup_token.empty();
}
bool Identity::State::needs_invite(const LoginAttempt& attempt) const {
  return settings.registration == Registration::Invite && !is_setup(attempt);
}

Result<bool> Identity::State::becomes_admin(meta::Session& session, const LoginAttempt& attempt) const {
  if (settings.setup_token.empty()) return SITEPOD_TRY(meta::count_human_accounts(session)) == 0;
  if (attempt.setup_token.empty()) return false;
  const bool is_first = SITEPOD_TRY(meta::count_human_admins(session)) == 0;
  if (!is_first || !equal_in_constant_time(attempt.setup_token, settings.setup_token)) return wrong_setup_token();
  return true;
}

Result<void> Identity::State::use_invite(meta::Session& session, const meta::Account& account,
                                         const LoginAttempt& attempt, Instant now) const {
  const std::optional<meta::Invite> invite =
      SITEPOD_TRY(meta::find_invite_by_digest(session, token_digest(attempt.invite)));
  if (!invite || !invite->used_by.empty() || invite->expires_at <= now) return wrong_invite();
  if (!invite->email.empty() && invite->email != account.email) return wrong_invite();
  return meta::mark_invite_used(session, invite->id, account.id, now);
}

Identity::Identity(meta::MetaStore& meta, IdentitySettings settings)
    : state_(new State{meta, settings, Passwords(settings.password_concurrency),
                       LoginThrottle(settings.failed_logins_per_minute, settings.failed_logins_of_a_network),
                       LoginThrottle(settings.failed_pages_per_minute, settings.failed_pages_of_a_network)}) {}

Identity::~Identity() = default;

Result<bool> Identity::create_admin(std::string_view email, std::string_view password, Instant now) {
  meta::Account account;
  account.email = SITEPOD_TRY(model::parse_email(email));
  if (SITEPOD_TRY(state_->find(account.email))) return false;
  const Passwords::Turn turn = SITEPOD_TRY(state_->passwords.take_turn());
  account.id = random_id("usr_");
  account.password_hash = SITEPOD_TRY(state_->passwords.hash(turn, password));
  account.is_admin = true;
  account.kind = "human";
  account.created_at = now;
  SITEPOD_TRY(state_->meta.write([&](meta::Session& session) { return meta::insert_account(session, account); }));
  log::info("account created", {{"account", account.id}, {"admin", "yes"}});
  return true;
}

Result<void> Identity::keep_admin(std::string_view email, std::string_view password, Instant now) {
  if (SITEPOD_TRY(create_admin(email, password, now))) return {};
  const std::string address = SITEPOD_TRY(model::parse_email(email));
  const std::optional<meta::Account> found = SITEPOD_TRY(state_->find(address));
  if (!found) return conflict("The account " + address + " was deleted meanwhile.");
  const meta::Account& account = *found;
  const Passwords::Turn turn = SITEPOD_TRY(state_->passwords.take_turn());
  if (account.is_admin && SITEPOD_TRY(state_->passwords.verify(turn, account.password_hash, password))) return {};
  const std::string hash = SITEPOD_TRY(state_->passwords.hash(turn, password));
  return state_->meta.write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::set_password_hash(session, account.id, hash));
    SITEPOD_TRY(meta::set_admin(session, account.id, true));
    return meta::delete_other_logins(session, account.id, "");
  });
}

Result<void> Identity::create_demo(Instant now) {
  if (SITEPOD_TRY(state_->find(std::string(kDemoEmail)))) return {};
  const Passwords::Turn turn = SITEPOD_TRY(state_->passwords.take_turn());
  meta::Account account;
  account.id = random_id("usr_");
  account.email = kDemoEmail;
  account.password_hash = SITEPOD_TRY(state_->passwords.hash(turn, kDemoPassword));
  account.kind = "demo";
  account.created_at = now;
  return state_->meta.write([&](meta::Session& session) { return meta::insert_account(session, account); });
}

Result<LoggedIn> Identity::login(const LoginAttempt& attempt, Instant now) {
  const std::string email = SITEPOD_TRY(model::parse_email(attempt.email));
  const Passwords::Turn turn = SITEPOD_TRY(state_->passwords.take_turn());
  const auto wait = state_->throttle.find_wait(email, attempt.address, now);
  if (wait && state_->throttle.is_shut(email, attempt.address, now)) return throttled(*wait);

  std::optional<meta::Account> account = SITEPOD_TRY(state_->find(email));
  const bool is_taken = account || email == state_->settings.system_email;
  if (is_taken && attempt.action == LoginAction::Register) return conflict("An account with this e-mail exists.");
  if (!account && attempt.action == LoginAction::Register && !state_->may_create(email, attempt))
    return forbidden("This server does not take new accounts; ask its operator.");
  if (account || !state_->may_create(email, attempt)) return state_->log_in(turn, account, email, attempt, wait, now);
  if (wait) return throttled(*wait);

  Result<LoggedIn> created = state_->create(turn, email, attempt, now);
  // A wrong code is a guess like a wrong password.
  if (!created.ok() && created.error().kind == ErrorKind::Forbidden)
    state_->throttle.count_failure(email, attempt.address, now);
  if (created.ok() || created.error().kind != ErrorKind::Conflict) return created;
  // Somebody registered the same e-mail in between.
  if (attempt.action == LoginAction::Register) return conflict("An account with this e-mail exists.");
  account = SITEPOD_TRY(state_->find(email));
  return state_->log_in(turn, account, email, attempt, wait, now);
}

Result<Caller> Identity::authenticate(std::string_view authorization, std::string_view address, Instant now) {
  const std::optional<std::string_view> secret = bearer_of(authorization);
  if (!secret) return no_token();
  if (!is_well_formed_token(*secret)) return invalid_token();
  struct Known {
    std::optional<meta::Token> token;
    std::optional<meta::Account> account;
  };
  // Two look-ups by key per request and no cache: a token revoked anywhere is worthless at once.
  const Digest digest = token_digest(*secret);
  const Result<Known> looked_up = state_->meta.read([&](meta::Session& session) -> Result<Known> {
    Known found;
    found.token = SITEPOD_TRY(meta::find_token_by_digest(session, digest));
    if (found.token) found.account = SITEPOD_TRY(meta::find_account(session, found.token->account_id));
    return found;
  });
  const Known known = SITEPOD_TRY(looked_up);
  if (!known.account || (known.token->expires_at && *known.token->expires_at <= now)) return invalid_token();

  const meta::Token& token = *known.token;
  const Instant used = token.last_used_at.value_or(token.created_at);
  if (!token.last_used_at || now.unix_ms - used.unix_ms >= kTouchEveryMs) {
    std::optional<Instant> expires_at = token.expires_at;
    if (token.kind == "login") expires_at = Instant{now.unix_ms + kLoginTokenMs};
    SITEPOD_TRY(state_->meta.write(
        [&](meta::Session& session) { return meta::touch_token(session, token.id, now, expires_at); }));
  }
  const meta::Account& account = *known.account;
  return Caller{account.id, account.email, account.kind,     account.is_admin,  token.id,
                token.name, token.scopes,  token.project_id, token.environment, std::string(address)};
}

Result<void> Identity::logout(const Caller& caller) {
  return state_->meta.write([&](meta::Session& session) { return meta::delete_token(session, caller.token_id); });
}

}  // namespace sitepod::identity
