#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

Account read_account(const Row& row) {
  return {row.string(0), row.string(1), row.string(2), row.flag(3), row.string(4), row.instant(5)};
}

}  // namespace

Result<std::optional<Account>> find_account(Session& session, std::string_view id) {
  return find_one(session, read_account,
                  "SELECT id, email, password_hash, is_admin, kind, created_at FROM accounts WHERE id = :id",
                  {{"id", id}});
}

Result<std::optional<Account>> find_account_by_email(Session& session, std::string_view email) {
  return find_one(session, read_account,
                  "SELECT id, email, password_hash, is_admin, kind, created_at FROM accounts WHERE email = :email",
                  {{"email", email}});
}

Result<std::int64_t> count_human_accounts(Session& session) {
  return find_number(session, "SELECT count(*) FROM accounts WHERE kind = 'human'");
}

Result<void> insert_account(Session& session, const Account& account) {
  return run(session,
             "INSERT INTO accounts (id, email, password_hash, is_admin, kind, created_at)"
             " VALUES (:id, :email, :password_hash, :is_admin, :kind, :created_at)",
             {{"id", account.id},
              {"email", account.email},
              {"password_hash", account.password_hash},
              {"is_admin", account.is_admin},
              {"kind", account.kind},
              {"created_at", account.created_at}});
}

Result<void> set_password_hash(Session& session, std::string_view account_id, std::string_view hash) {
  return run(session, "UPDATE accounts SET password_hash = :hash WHERE id = :id", {{"hash", hash}, {"id", account_id}});
}

Result<std::int64_t> count_human_admins(Session& session) {
  return find_number(session, "SELECT count(*) FROM accounts WHERE kind = 'human' AND is_admin = 1");
}

Result<bool> delete_account(Session& session, std::string_view id) {
  return SITEPOD_TRY(session.execute("DELETE FROM accounts WHERE id = :id", {{"id", id}})) > 0;
}

}  // namespace sitepod::meta
