#include "meta/kept_answers.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

KeptAnswer read_kept_answer(const Row& row) {
  return {row.string(0), row.digest(1), row.digest(2), row.string(3), row.instant(4)};
}

}  // namespace

Result<std::optional<KeptAnswer>> find_kept_answer(Session& session, std::string_view account_id, const Digest& key) {
  return find_one(session, read_kept_answer,
                  "SELECT account_id, key_digest, request_digest, answer, created_at FROM kept_answers"
                  " WHERE account_id = :account_id AND key_digest = :key",
                  {{"account_id", account_id}, {"key", key}});
}

Result<void> keep_answer(Session& session, const KeptAnswer& kept) {
  return run(session,
             "INSERT INTO kept_answers (account_id, key_digest, request_digest, answer, created_at)"
             " VALUES (:account_id, :key, :request, :answer, :created_at)"
             " ON CONFLICT (account_id, key_digest) DO UPDATE SET request_digest = excluded.request_digest,"
             " answer = excluded.answer, created_at = excluded.created_at",
             {{"account_id", kept.account_id},
              {"key", kept.key},
              {"request", kept.request},
              {"answer", Value::bytes(kept.sealed)},
              {"created_at", kept.created_at}});
}

Result<void> delete_kept_answers(Session& session, Instant before) {
  return run(session, "DELETE FROM kept_answers WHERE created_at < :before", {{"before", before}});
}

}  // namespace sitepod::meta
