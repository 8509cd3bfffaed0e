#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

Blob read_blob(const Row& row) { return {row.digest(0), row.digest(1), row.size(2), row.string(3)}; }

}  // namespace

Result<std::optional<Blob>> find_blob(Session& session, const Digest& sha256) {
  return find_one(session, read_blob, "SELECT sha256, blake3, size, staged_by FROM blobs WHERE sha256 = :sha256",
                  {{"sha256", sha256}});
}

Result<std::optional<Blob>> find_blob_by_blake3(Session& session, const Digest& blake3) {
  return find_one(session, read_blob, "SELECT sha256, blake3, size, staged_by FROM blobs WHERE blake3 = :blake3",
                  {{"blake3", blake3}});
}

Result<void> upsert_blob(Session& session, const Blob& blob, Instant created_at) {
  return run(session,
             "INSERT INTO blobs (sha256, blake3, size, staged_by, created_at) VALUES (:sha256, :blake3, :size, "
             ":staged_by, :created_at)"
             " ON CONFLICT (sha256) DO UPDATE SET staged_by = excluded.staged_by WHERE blobs.staged_by <> ''",
             {{"sha256", blob.sha256},
              {"blake3", blob.blake3},
              {"size", blob.size},
              {"staged_by", blob.staged_by},
              {"created_at", created_at}});
}

Result<void> mark_blob_durable(Session& session, const Digest& sha256) {
  return run(session, "UPDATE blobs SET staged_by = '' WHERE sha256 = :sha256 AND staged_by <> ''",
             {{"sha256", sha256}});
}

Result<void> delete_blob(Session& session, const Digest& sha256) {
  return run(session, "DELETE FROM blobs WHERE sha256 = :sha256", {{"sha256", sha256}});
}

Result<void> each_blob(Session& session, const std::function<bool(const Blob&)>& each) {
  return session.query("SELECT sha256, blake3, size, staged_by FROM blobs ORDER BY sha256", {},
                       [&](const Row& row) { return each(read_blob(row)); });
}

Result<void> grant_blob(Session& session, std::string_view account_id, const Digest& sha256) {
  std::int64_t granted =
      SITEPOD_TRY(session.execute("INSERT INTO blob_accounts (sha256, account_id, blake3)"
                                  " SELECT sha256, :account_id, blake3 FROM blobs WHERE sha256 = :sha256"
                                  " ON CONFLICT (account_id, sha256) DO NOTHING",
                                  {{"account_id", account_id}, {"sha256", sha256}}));
  if (granted == 0 && !SITEPOD_TRY(find_blob(session, sha256)))
    return internal("blob " + sha256.hex() + " is granted to an account before it is known");
  return {};
}

Result<std::optional<Blob>> find_blob_of_account(Session& session, std::string_view account_id, const Digest& name) {
  auto by_sha256 =
      SITEPOD_TRY(find_one(session, read_blob,
                           "SELECT b.sha256, b.blake3, b.size, b.staged_by FROM blob_accounts a"
                           " JOIN blobs b ON b.sha256 = a.sha256 WHERE a.sha256 = :name AND a.account_id = :account_id",
                           {{"name", name}, {"account_id", account_id}}));
  if (by_sha256) return by_sha256;
  return find_one(session, read_blob,
                  "SELECT b.sha256, b.blake3, b.size, b.staged_by FROM blob_accounts a"
                  " JOIN blobs b ON b.sha256 = a.sha256 WHERE a.blake3 = :name AND a.account_id = :account_id",
                  {{"name", name}, {"account_id", account_id}});
}

Result<std::int64_t> delete_grants_without_blob(Session& session) {
  return session.execute(
      "DELETE FROM blob_accounts WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE blobs.sha256 = blob_accounts.sha256)");
}

Result<bool> account_has_blobs(Session& session, std::string_view account_id) {
  std::int64_t found = SITEPOD_TRY(find_number(session,
                                               "SELECT 1 FROM blob_accounts a JOIN blobs b ON b.sha256 = a.sha256"
                                               " WHERE a.account_id = :account_id LIMIT 1",
                                               {{"account_id", account_id}}));
  return found == 1;
}

}  // namespace sitepod::meta
