#include "meta/recent_images.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

RecentImage read_recent_image(const Row& row) { return {row.string(0), row.string(1), row.instant(2)}; }

}  // namespace

// The last releases are taken before anything else is asked of them, so that the cost does not grow with the history.
Result<std::vector<RecentImage>> list_recent_images(Session& session, const Environment& environment,
                                                    const RecentRule& rule) {
  if (rule.places == 0 || environment.previous_image_id.empty() || environment.updated_at < rule.left_since)
    return std::vector<RecentImage>();
  return find_all(session, read_recent_image,
                  "SELECT i.id, i.encoding_state, max(r.created_at) FROM (SELECT seq, previous_image_id, created_at"
                  "  FROM releases WHERE project_id = :project_id AND environment = :environment"
                  "  ORDER BY seq DESC LIMIT 256) r JOIN images i ON i.id = r.previous_image_id"
                  " WHERE r.created_at >= :left_since AND i.id <> :live GROUP BY i.id, i.encoding_state"
                  " ORDER BY max(r.seq) DESC LIMIT :places",
                  {{"project_id", environment.project_id},
                   {"environment", environment.name},
                   {"left_since", rule.left_since},
                   {"live", environment.image_id},
                   {"places", rule.places}});
}

}  // namespace sitepod::meta
