// What a deploy's content_hash is (deploy API §5): the SHA-256 of the canonical manifest, or before every byte is known
// a provisional one. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "deploy/plan_entries.hpp"
#include "model/manifest.hpp"

namespace sitepod::deploy {

// What stands behind one name of a plan, as far as rows tell.
struct FoundBlob {
  enum class Standing : std::uint8_t { Absent, Durable, StagedHere, StagedElsewhere } standing = Standing::Absent;
  Digest sha256;
  std::uint64_t size = 0;
};

// The entries of the plan's manifest in order of path. `found` stands behind entries.distinct_names(), one each; for
// the absent ones the client's claims count. False, after some calls or none: some SHA-256 or size is neither known nor
// claimed. An error of `each` ends it.
Result<bool> each_manifest_entry(const PlanEntries& entries, std::span<const FoundBlob> found,
                                 const std::function<Result<void>(const model::ManifestEntry&)>& each);

// What the SHA-256 of the manifest will be, when that can be told.
std::optional<Digest> find_content_hash(const PlanEntries& entries, std::span<const FoundBlob> found);

// SHA-256 of the sorted (path, name) list: for display only.
Digest provisional_hash(const PlanEntries& entries);

}  // namespace sitepod::deploy
