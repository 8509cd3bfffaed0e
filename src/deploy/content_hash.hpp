// What a deploy's content_hash is (deploy API §5): the SHA-256 of the canonical manifest, or before every byte is known
// a provisional one. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

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

// What stands behind many names; the parts apart, since most of 100,000 stay in memory until the commit has ended.
class FoundBlobs {
 public:
  FoundBlobs() = default;
  // All absent.
  explicit FoundBlobs(std::size_t count);
  std::size_t size() const { return standings_.size(); }
  FoundBlob operator[](std::size_t i) const { return {standings_[i], sha256s_[i], sizes_[i]}; }
  void set(std::size_t i, const FoundBlob& blob);
  // SHA-256s, ascending, each once.
  std::vector<Digest> all() const;
  // The same of those that are not durable, in the memory of this object and with room for one more.
  std::vector<Digest> take_not_durable() &&;

 private:
  std::vector<FoundBlob::Standing> standings_;
  std::vector<Digest> sha256s_;
  std::vector<std::uint64_t> sizes_;
};

// The entries of the plan's manifest in order of path. `found` stands behind entries.distinct_names(), one each; for
// the absent ones the client's claims count. False, after some calls or none: some SHA-256 or size is neither known nor
// claimed. An error of `each` ends it.
Result<bool> each_manifest_entry(const PlanEntries& entries, const FoundBlobs& found,
                                 const std::function<Result<void>(const model::ManifestEntry&)>& each);

// What the SHA-256 of the manifest will be, when that can be told.
std::optional<Digest> find_content_hash(const PlanEntries& entries, const FoundBlobs& found);

// SHA-256 of the sorted (path, name) list: for display only.
Digest provisional_hash(const PlanEntries& entries);

}  // namespace sitepod::deploy
