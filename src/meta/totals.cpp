#include "meta/totals.hpp"

#include "meta/collection.hpp"
#include "meta/queries.hpp"

namespace sitepod::meta {

Result<Totals> count_totals(Session& session) {
  Totals totals;
  SITEPOD_TRY(
      session.query("SELECT (SELECT count(*) FROM accounts WHERE kind = 'human'),"
                    " (SELECT count(*) FROM projects), (SELECT count(*) FROM images)",
                    {}, [&](const Row& row) {
                      totals.users = row.size(0);
                      totals.projects = row.size(1);
                      totals.images = row.size(2);
                      return false;
                    }));
  SITEPOD_TRY(
      session.query("SELECT count(*), coalesce(sum(size), 0) FROM"
                    " (SELECT size FROM blobs UNION ALL SELECT size FROM variants WHERE size > 0) AS files",
                    {}, [&](const Row& row) {
                      totals.blobs = row.size(0);
                      totals.blob_bytes = row.size(1);
                      return false;
                    }));
  SITEPOD_TRY(session.query(
      "SELECT count(*), coalesce(sum(size), 0), coalesce(min(created_at), 0) FROM blobs WHERE staged_by <> ''", {},
      [&](const Row& row) {
        totals.staged_blobs = row.size(0);
        totals.staged_bytes = row.size(1);
        totals.oldest_staged = row.instant(2);
        return false;
      }));
  totals.damaged_blobs = static_cast<std::uint64_t>(SITEPOD_TRY(count_damaged_blobs(session)));
  return totals;
}

}  // namespace sitepod::meta
