#include "meta/password_resets.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

PasswordReset read_reset(const Row& row) { return {row.digest(0), row.string(1), row.instant(2), row.instant(3)}; }

}  // namespace

Result<std::optional<PasswordReset>> find_password_reset(Session& session, const Digest& digest) {
  return find_one(session, read_reset,
                  "SELECT digest, account_id, created_at, expires_at FROM password_resets WHERE digest = :digest",
                  {{"digest", digest}});
}

Result<void> put_password_reset(Session& session, const PasswordReset& reset) {
  SITEPOD_TRY(delete_password_resets(session, reset.account_id));
  return run(session,
             "INSERT INTO password_resets (digest, account_id, created_at, expires_at)"
             " VALUES (:digest, :account_id, :created_at, :expires_at)",
             {{"digest", reset.digest},
              {"account_id", reset.account_id},
              {"created_at", reset.created_at},
              {"expires_at", reset.expires_at}});
}

Result<void> delete_password_resets(Session& session, std::string_view account_id) {
  return run(session, "DELETE FROM password_resets WHERE account_id = :id", {{"id", account_id}});
}

}  // namespace sitepod::meta
