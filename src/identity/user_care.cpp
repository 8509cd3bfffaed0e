#include "identity/user_care.hpp"

#include "base/random.hpp"
#include "identity/audit.hpp"
#include "identity/token_secret.hpp"
#include "meta/password_resets.hpp"
#include "meta/sites.hpp"
#include "meta/users.hpp"
#include "model/names.hpp"

namespace sitepod::identity {
namespace {

constexpr std::size_t kResetCharacters = 43;  // 256 bits
constexpr std::int64_t kResetMs = std::int64_t{24} * 3600 * 1000;

Error no_such_user() { return not_found("not_found", "There is no account with this e-mail address."); }

Result<meta::Account> load_human(meta::Session& session, std::string_view email) {
  std::optional<meta::Account> account = SITEPOD_TRY(meta::find_account_by_email(session, email));
  if (!account || account->kind != "human") return no_such_user();
  return *std::move(account);
}

// In the log of the account it is about.
Result<void> note(meta::Session& session, const Caller& actor, std::string_view action, const meta::Account& account,
                  Instant now) {
  meta::Event event = make_event(actor, action, now);
  event.account_id = account.id;
  event.subject = account.email;
  SITEPOD_TRY(meta::insert_event(session, event));
  return {};
}

}  // namespace

Result<UserPage> list_users(meta::MetaStore& meta, std::int64_t limit, std::int64_t offset) {
  return meta.read([&](meta::Session& session) -> Result<UserPage> {
    UserPage page;
    page.users = SITEPOD_TRY(meta::list_human_accounts(session, limit, offset));
    page.total = SITEPOD_TRY(meta::count_human_accounts(session));
    return page;
  });
}

Result<meta::Account> set_admin(meta::MetaStore& meta, const Caller& actor, std::string_view email, bool is_admin,
                                Instant now) {
  const std::string address = SITEPOD_TRY(model::parse_email(email));
  return meta.write([&](meta::Session& session) -> Result<meta::Account> {
    meta::Account account = SITEPOD_TRY(load_human(session, address));
    if (account.is_admin == is_admin) return account;
    if (!is_admin && SITEPOD_TRY(meta::count_human_admins(session)) == 1)
      return conflict("This is the only admin; make another one first.");
    SITEPOD_TRY(meta::set_admin(session, account.id, is_admin));
    SITEPOD_TRY(note(session, actor, is_admin ? "admin_granted" : "admin_revoked", account, now));
    account.is_admin = is_admin;
    return account;
  });
}

Result<meta::Account> set_content_access(meta::MetaStore& meta, const Caller& actor, std::string_view email,
                                         bool is_allowed, Instant now) {
  const std::string address = SITEPOD_TRY(model::parse_email(email));
  return meta.write([&](meta::Session& session) -> Result<meta::Account> {
    meta::Account account = SITEPOD_TRY(load_human(session, address));
    if (SITEPOD_TRY(meta::may_use_content(session, account.id)) == is_allowed) return account;
    SITEPOD_TRY(meta::set_may_use_content(session, account.id, is_allowed));
    SITEPOD_TRY(note(session, actor, is_allowed ? "content_allowed" : "content_refused", account, now));
    return account;
  });
}

Result<IssuedReset> issue_password_reset(meta::MetaStore& meta, const Caller& actor, std::string_view email,
                                         Instant now) {
  const std::string address = SITEPOD_TRY(model::parse_email(email));
  IssuedReset issued;
  issued.code = random_base62(kResetCharacters);
  issued.expires_at = {now.unix_ms + kResetMs};
  const auto stored = meta.write([&](meta::Session& session) -> Result<void> {
    issued.account = SITEPOD_TRY(load_human(session, address));
    SITEPOD_TRY(
        meta::put_password_reset(session, {token_digest(issued.code), issued.account.id, now, issued.expires_at}));
    return note(session, actor, "password_reset_issued", issued.account, now);
  });
  if (!stored.ok()) return stored.error();
  return issued;
}

Caller operator_at_the_machine() {
  Caller caller;
  caller.account_id = "operator";
  caller.email = "operator";
  caller.account_kind = "system";
  caller.is_admin = true;
  caller.token_id = "operator";
  caller.token_name = "sitepod admin";
  return caller;
}

}  // namespace sitepod::identity
