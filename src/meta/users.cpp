#include "meta/users.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

// Without the hash: a list has no use for it.
Account read_listed(const Row& row) {
  return {row.string(0), row.string(1), "", row.flag(2), row.string(3), row.instant(4)};
}

}  // namespace

Result<std::vector<Account>> list_human_accounts(Session& session, std::int64_t limit, std::int64_t offset) {
  return find_all(session, read_listed,
                  "SELECT id, email, is_admin, kind, created_at FROM accounts WHERE kind = 'human'"
                  " ORDER BY created_at, id LIMIT :limit OFFSET :offset",
                  {{"limit", limit}, {"offset", offset}});
}

Result<void> set_admin(Session& session, std::string_view account_id, bool is_admin) {
  return run(session, "UPDATE accounts SET is_admin = :is_admin WHERE id = :id",
             {{"is_admin", is_admin}, {"id", account_id}});
}

}  // namespace sitepod::meta
