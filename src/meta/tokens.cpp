#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

// Every question begins so; it goes on with its condition.
#define SITEPOD_SELECT_TOKEN                                                                               \
  "SELECT id, digest, account_id, name, kind, scopes, coalesce(project_id, ''), environment, created_at, " \
  "expires_at, last_used_at FROM tokens "

Token read_token(const Row& row) {
  return {row.string(0), row.digest(1), row.string(2),  row.string(3),           row.string(4),           row.string(5),
          row.string(6), row.string(7), row.instant(8), row.optional_instant(9), row.optional_instant(10)};
}

}  // namespace

Result<std::optional<Token>> find_token_by_digest(Session& session, const Digest& digest) {
  return find_one(session, read_token, SITEPOD_SELECT_TOKEN "WHERE digest = :digest", {{"digest", digest}});
}

// Without a project the column is NULL, so that a token for one project goes with it and never becomes one for all.
Result<void> insert_token(Session& session, const Token& token) {
  return run(session,
             "INSERT INTO tokens (id, digest, account_id, name, kind, scopes, project_id, environment, created_at, "
             "expires_at, last_used_at)"
             " VALUES (:id, :digest, :account_id, :name, :kind, :scopes, :project_id, :environment, :created_at, "
             ":expires_at, :last_used_at)",
             {{"id", token.id},
              {"digest", token.digest},
              {"account_id", token.account_id},
              {"name", token.name},
              {"kind", token.kind},
              {"scopes", token.scopes},
              {"project_id", token.project_id.empty() ? Value(Null{}) : Value(token.project_id)},
              {"environment", token.environment},
              {"created_at", token.created_at},
              {"expires_at", token.expires_at},
              {"last_used_at", token.last_used_at}});
}

Result<void> touch_token(Session& session, std::string_view id, Instant used_at, std::optional<Instant> expires_at) {
  return run(session, "UPDATE tokens SET last_used_at = :used_at, expires_at = :expires_at WHERE id = :id",
             {{"used_at", used_at}, {"expires_at", expires_at}, {"id", id}});
}

Result<void> delete_token(Session& session, std::string_view id) {
  return run(session, "DELETE FROM tokens WHERE id = :id", {{"id", id}});
}

Result<std::optional<Token>> find_token(Session& session, std::string_view id) {
  return find_one(session, read_token, SITEPOD_SELECT_TOKEN "WHERE id = :id", {{"id", id}});
}

Result<std::vector<Token>> list_tokens(Session& session, std::string_view account_id, std::string_view kind) {
  return find_all(session, read_token,
                  SITEPOD_SELECT_TOKEN "WHERE account_id = :account_id AND kind = :kind ORDER BY created_at DESC, id",
                  {{"account_id", account_id}, {"kind", kind}});
}

Result<void> rename_token(Session& session, std::string_view id, std::string_view name) {
  return run(session, "UPDATE tokens SET name = :name WHERE id = :id", {{"name", name}, {"id", id}});
}

Result<void> delete_other_logins(Session& session, std::string_view account_id, std::string_view kept_token_id) {
  return run(session, "DELETE FROM tokens WHERE account_id = :account_id AND kind = 'login' AND id <> :kept",
             {{"account_id", account_id}, {"kept", kept_token_id}});
}

}  // namespace sitepod::meta
