// Step 7: a tombstone that was lifted says that its bytes may come back, and still why they are not there.
#include "meta/migrations.hpp"

namespace sitepod::meta {

Migration migration_0007_lifted_purges() {
  return {7, "lifted purges", {"ALTER TABLE purged_blobs ADD COLUMN lifted_at {integer}"}};
}

}  // namespace sitepod::meta
