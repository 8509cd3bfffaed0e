// Files of a plan that its client has put into the bucket itself (blob/staging.hpp): which of them are there, and how
// they become blobs like any other. Nothing of them counts before it was read back and passed every rule of an upload.
// Only .cpp files of this room include it. Any thread; blocks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "blob/staging.hpp"
#include "deploy/deployer.hpp"
#include "deploy/deployer_state.hpp"

namespace sitepod::deploy {

// The SHA-256 under which a file may be put into the bucket; nothing when the plan does not say enough about it.
std::optional<Digest> staging_name(const PlanEntry& entry);

// Whether all of these files may go to the bucket. Then `missing` loses those that are there already, as far as their
// size tells: an interrupted deploy goes on where it was.
Result<bool> offer_staging(const blob::Staging& staging, std::string_view account_id, const PlanEntries& entries,
                           std::chrono::milliseconds plan_lifetime, Instant now, std::vector<std::uint32_t>& missing);

struct AdoptedUploads {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};
// Those of the missing files that lie in the bucket get their bytes and rows here. A file that breaks a rule is removed
// there, and ends it with an error that names the file, after the others were taken. `lease` must live until the
// image's row is written. Requires: the plan's commit_mutex() is held.
Result<AdoptedUploads> adopt_staged(Deployer::State& state, blob::Staging& staging, OpenPlan& plan,
                                    std::span<const std::uint32_t> missing, blob::BlobLeases::Lease& lease,
                                    Instant now);

// The image is there; what a collection would take anyway goes now.
void remove_staged(const blob::Staging& staging, std::string_view account_id, std::span<const Digest> names);

}  // namespace sitepod::deploy
