#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

Invite read_invite(const Row& row) {
  return {row.string(0),  row.digest(1),  row.string(2), row.string(3),
          row.instant(4), row.instant(5), row.string(6), row.optional_instant(7)};
}

}  // namespace

Result<void> insert_invite(Session& session, const Invite& invite) {
  return run(session,
             "INSERT INTO invites (id, digest, email, created_by, created_at, expires_at, used_by, used_at)"
             " VALUES (:id, :digest, :email, :created_by, :created_at, :expires_at, :used_by, :used_at)",
             {{"id", invite.id},
              {"digest", invite.digest},
              {"email", invite.email},
              {"created_by", invite.created_by},
              {"created_at", invite.created_at},
              {"expires_at", invite.expires_at},
              {"used_by", invite.used_by},
              {"used_at", invite.used_at}});
}

Result<std::optional<Invite>> find_invite_by_digest(Session& session, const Digest& digest) {
  return find_one(session, read_invite,
                  "SELECT id, digest, email, created_by, created_at, expires_at, used_by, used_at FROM invites"
                  " WHERE digest = :digest",
                  {{"digest", digest}});
}

Result<std::vector<Invite>> list_invites(Session& session, std::int64_t limit, std::int64_t offset) {
  return find_all(session, read_invite,
                  "SELECT id, digest, email, created_by, created_at, expires_at, used_by, used_at FROM invites"
                  " ORDER BY created_at DESC, id LIMIT :limit OFFSET :offset",
                  {{"limit", limit}, {"offset", offset}});
}

Result<void> mark_invite_used(Session& session, std::string_view id, std::string_view account_id, Instant now) {
  return run(session, "UPDATE invites SET used_by = :account_id, used_at = :now WHERE id = :id",
             {{"account_id", account_id}, {"now", now}, {"id", id}});
}

Result<bool> delete_invite(Session& session, std::string_view id) {
  return SITEPOD_TRY(session.execute("DELETE FROM invites WHERE id = :id", {{"id", id}})) > 0;
}

}  // namespace sitepod::meta
