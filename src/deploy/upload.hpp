// One blob on its way into the store: what the plan says about it, checked while and after it arrives.
// Only .cpp files of this room include it. Any thread; blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "blob/blob_store.hpp"
#include "deploy/deployer.hpp"
#include "deploy/open_plans.hpp"
#include "deploy/plan_entries.hpp"
#include "deploy/upload_room.hpp"

namespace sitepod::deploy {

// What every entry with one name demands of the bytes. Refers to the entries.
class UploadRules {
 public:
  UploadRules(const PlanEntries& entries, std::uint32_t position, std::uint64_t max_bytes);
  std::uint32_t position() const { return position_; }
  std::optional<std::uint64_t> declared() const { return declared_; }
  // Before the first byte, when the length is known.
  Result<void> check_length(std::uint64_t length) const;
  // While bytes arrive: stops early.
  Result<void> check_growth(std::uint64_t size) const;
  // Sizes, the name and every claimed digest. Errors: "size_mismatch", "hash_mismatch".
  Result<void> check_content(const blob::StoredBlob& stored) const;

 private:
  const PlanEntries& entries_;
  std::uint32_t position_;
  std::uint64_t max_bytes_;
  std::optional<std::uint64_t> declared_;
};

// Streams one blob into the store and keeps it when it passes; nothing is stored otherwise. What is kept is leased: the
// lease must live until record_blobs has returned.
Result<blob::StoredBlob> receive_blob(blob::BlobStore& blobs, const UploadRules& rules, UploadRoom& room,
                                      std::optional<std::uint64_t> length, const ReadBody& read,
                                      blob::BlobLeases::Lease& lease);
// One transaction: rows of the blobs, their presence for the plan's account, their room in its quota, the plan's life.
Result<void> record_blobs(meta::MetaStore& meta, OpenPlan& plan, std::span<const blob::StoredBlob> stored,
                          const DeploySettings& settings, Instant now);

}  // namespace sitepod::deploy
