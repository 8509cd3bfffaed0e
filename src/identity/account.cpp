#include "base/log.hpp"
#include "base/random.hpp"
#include "identity/audit.hpp"
#include "identity/identity_state.hpp"
#include "identity/token_secret.hpp"
#include "meta/domains.hpp"
#include "meta/password_resets.hpp"
#include "model/names.hpp"

// What an account does about itself, and what admins do about accounts to come.
namespace sitepod::identity {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;
constexpr std::size_t kInviteCharacters = 32;
constexpr std::int64_t kMaxInviteSeconds = std::int64_t{366} * 24 * 3600;
// Stands where the throttle has an e-mail address, and is none.
constexpr std::string_view kResetGuesses = "password reset";

Error wrong_reset_code() { return invalid_request("This link is unknown, used or expired; ask for a new one."); }

}  // namespace

Result<void> Identity::change_password(const Caller& caller, const std::string& current, const std::string& wanted,
                                       Instant now) {
  if (wanted.size() < kMinPasswordBytes || wanted.size() > kMaxPasswordBytes)
    return invalid_request("The field \"new_password\" must have 8 to 1024 bytes.");
  if (caller.account_kind != "human") return forbidden("This account belongs to the server; its password stays.");
  const Passwords::Turn turn = SITEPOD_TRY(state_->passwords.take_turn());
  const auto wait = state_->throttle.find_wait(caller.email, caller.address, now);
  if (wait && state_->throttle.is_shut(caller.email, caller.address, now)) return throttled(*wait);
  const std::optional<meta::Account> account = SITEPOD_TRY(state_->find(caller.email));
  const std::string hash = account ? account->password_hash : std::string();
  if (!SITEPOD_TRY(state_->passwords.verify(turn, hash, current))) {
    state_->throttle.count_failure(caller.email, caller.address, now);
    return wait ? throttled(*wait) : wrong_credentials();
  }
  const std::string new_hash = SITEPOD_TRY(state_->passwords.hash(turn, wanted));
  return state_->meta.write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::set_password_hash(session, caller.account_id, new_hash));
    SITEPOD_TRY(meta::delete_other_logins(session, caller.account_id, caller.token_id));
    SITEPOD_TRY(meta::insert_event(session, make_event(caller, "password_changed", now)));
    return {};
  });
}

Result<void> Identity::reset_password(const std::string& code, const std::string& wanted, std::string_view address,
                                      Instant now) {
  if (wanted.size() < kMinPasswordBytes || wanted.size() > kMaxPasswordBytes)
    return invalid_request("The field \"password\" must have 8 to 1024 bytes.");
  if (const auto wait = state_->throttle.find_wait(kResetGuesses, address, now)) return throttled(*wait);
  const Digest digest = token_digest(code);
  const auto find = [&](meta::Session& session) -> Result<meta::PasswordReset> {
    const std::optional<meta::PasswordReset> reset = SITEPOD_TRY(meta::find_password_reset(session, digest));
    if (!reset || reset->expires_at <= now) return wrong_reset_code();
    return *reset;
  };
  // Hashing is dear: not for codes that are worth nothing.
  if (const Result<meta::PasswordReset> known = state_->meta.read(find); !known.ok()) {
    state_->throttle.count_failure(kResetGuesses, address, now);
    return known.error();
  }
  const Passwords::Turn turn = SITEPOD_TRY(state_->passwords.take_turn());
  const std::string hash = SITEPOD_TRY(state_->passwords.hash(turn, wanted));
  return state_->meta.write([&](meta::Session& session) -> Result<void> {
    const meta::PasswordReset reset = SITEPOD_TRY(find(session));
    SITEPOD_TRY(meta::delete_password_resets(session, reset.account_id));
    SITEPOD_TRY(meta::set_password_hash(session, reset.account_id, hash));
    SITEPOD_TRY(meta::delete_other_logins(session, reset.account_id, ""));
    meta::Event event;
    event.account_id = reset.account_id;
    event.action = "password_reset";
    event.actor_id = reset.account_id;
    event.actor_address = address;
    event.created_at = now;
    SITEPOD_TRY(meta::insert_event(session, event));
    return {};
  });
}

Result<std::vector<std::string>> Identity::delete_account(const Caller& caller, Instant now) {
  if (caller.account_kind != "human") return forbidden("This account belongs to the server and stays.");
  using Ids = std::vector<std::string>;
  const Result<Ids> deleted = state_->meta.write([&](meta::Session& session) -> Result<Ids> {
    Ids projects = SITEPOD_TRY(meta::list_project_ids_of(session, caller.account_id));
    // The publisher hears of each even if this server ends before it is told.
    for (const std::string& id : projects) SITEPOD_TRY(meta::insert_change(session, id));
    SITEPOD_TRY(meta::forget_actor(session, caller.account_id));
    SITEPOD_TRY(meta::delete_events_of_account(session, caller.account_id));
    // Another request was faster: the token went with the account.
    if (!SITEPOD_TRY(meta::delete_account(session, caller.account_id))) return invalid_token();
    SITEPOD_TRY(meta::release_orphaned_holders(session, now));
    // That somebody left is on record; who it was is not.
    meta::Event event = make_event(caller, "account_deleted", now);
    event.actor_email.clear();
    event.actor_address.clear();
    event.token_name.clear();
    SITEPOD_TRY(meta::insert_event(session, event));
    return projects;
  });
  if (deleted.ok()) log::info("account deleted", {{"account", caller.account_id}, {"projects", deleted->size()}});
  return deleted;
}

Result<IssuedInvite> Identity::issue_invite(const Caller& caller, std::string_view email, std::int64_t expires_in,
                                            Instant now) {
  if (expires_in < 1 || expires_in > kMaxInviteSeconds)
    return invalid_request("The field \"expires_in\" must be 1 second to 366 days.");
  IssuedInvite issued;
  issued.code = random_base62(kInviteCharacters);
  issued.invite.id = random_id("inv_");
  issued.invite.digest = token_digest(issued.code);
  if (!email.empty()) issued.invite.email = SITEPOD_TRY(model::parse_email(email));
  issued.invite.created_by = caller.account_id;
  issued.invite.created_at = now;
  issued.invite.expires_at = {now.unix_ms + expires_in * 1000};
  Result<void> written = state_->meta.write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::insert_invite(session, issued.invite));
    meta::Event event = make_event(caller, "invite_created", now);
    event.subject = issued.invite.id;
    SITEPOD_TRY(meta::insert_event(session, event));
    return {};
  });
  if (!written.ok()) return std::move(written).error();
  return issued;
}

Result<std::vector<meta::Invite>> Identity::list_invites(std::int64_t limit, std::int64_t offset) {
  return state_->meta.read([&](meta::Session& session) { return meta::list_invites(session, limit, offset); });
}

Result<void> Identity::revoke_invite(const Caller& caller, std::string_view id, Instant now) {
  return state_->meta.write([&](meta::Session& session) -> Result<void> {
    if (!SITEPOD_TRY(meta::delete_invite(session, id))) return not_found("not_found", "There is no such invite.");
    meta::Event event = make_event(caller, "invite_revoked", now);
    event.subject = id;
    SITEPOD_TRY(meta::insert_event(session, event));
    return {};
  });
}

Result<std::string> Identity::hash_password(std::string_view password) {
  const Passwords::Turn turn = SITEPOD_TRY(state_->passwords.take_turn());
  return state_->passwords.hash(turn, password);
}

Result<bool> Identity::check_page_password(std::string_view page, std::string_view hash, std::string_view password,
                                           std::string_view address, Instant now) {
  LoginThrottle& throttle = state_->page_throttle;
  const auto too_many = [](std::int64_t seconds) {
    return Error{ErrorKind::RateLimited, "rate_limited", "Too many wrong passwords; wait and try again.", {}, {}}
        .detail("retry_after", std::to_string(seconds));
  };
  // Without a turn, so that who has to wait keeps nobody else from it.
  if (throttle.is_shut(page, address, now)) return too_many(throttle.find_wait(page, address, now).value_or(1));
  const Passwords::Turn turn = SITEPOD_TRY(state_->passwords.take_turn());
  const auto wait = throttle.find_wait(page, address, now);
  if (wait && throttle.is_shut(page, address, now)) return too_many(*wait);
  if (SITEPOD_TRY(state_->passwords.verify(turn, hash, password))) return true;
  throttle.count_failure(page, address, now);
  if (wait) return too_many(*wait);
  return false;
}

Result<bool> Identity::check_password(std::string_view hash, std::string_view password) {
  const Passwords::Turn turn = SITEPOD_TRY(state_->passwords.take_turn());
  return state_->passwords.verify(turn, hash, password);
}

}  // namespace sitepod::identity
