#include "deploy/content_hash.hpp"

#include <algorithm>

namespace sitepod::deploy {
namespace {

constexpr std::size_t kHashedAtOnce = 64 * 1024;

struct Content {
  Digest sha256;
  std::uint64_t size;
};

std::optional<Content> claimed(const PlanEntry& entry) {
  if (!entry.size) return std::nullopt;
  if (entry.name_kind == NameKind::Sha256) return Content{entry.name, *entry.size};
  if (entry.claimed_sha256) return Content{*entry.claimed_sha256, *entry.size};
  return std::nullopt;
}

void keep_each_once(std::vector<Digest>& digests) {
  std::sort(digests.begin(), digests.end());
  digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
}

}  // namespace

FoundBlobs::FoundBlobs(std::size_t count) : standings_(count), sizes_(count) {
  sha256s_.reserve(count + 1);
  sha256s_.resize(count);
}

void FoundBlobs::set(std::size_t i, const FoundBlob& blob) {
  standings_[i] = blob.standing;
  sha256s_[i] = blob.sha256;
  sizes_[i] = blob.size;
}

std::vector<Digest> FoundBlobs::all() const {
  std::vector<Digest> digests = sha256s_;
  keep_each_once(digests);
  return digests;
}

std::vector<Digest> FoundBlobs::take_not_durable() && {
  std::vector<Digest> digests = std::move(sha256s_);
  std::size_t count = 0;
  for (std::size_t i = 0; i < digests.size(); ++i)
    if (standings_[i] != FoundBlob::Standing::Durable) digests[count++] = digests[i];
  digests.resize(count);
  keep_each_once(digests);
  return digests;
}

Result<bool> each_manifest_entry(const PlanEntries& entries, const FoundBlobs& found,
                                 const std::function<Result<void>(const model::ManifestEntry&)>& each) {
  const std::vector<std::uint32_t> slots = entries.name_slots();
  for (const std::uint32_t position : entries.sorted_by_path()) {
    const PlanEntry entry = entries.at(position);
    const FoundBlob blob = found[slots[position]];
    std::optional<Content> content = claimed(entry);
    if (blob.standing != FoundBlob::Standing::Absent) content = Content{blob.sha256, blob.size};
    if (!content) return false;
    SITEPOD_TRY(each({entry.path, content->sha256, content->size, entry.media_type}));
  }
  return true;
}

std::optional<Digest> find_content_hash(const PlanEntries& entries, const FoundBlobs& found) {
  Sha256 hasher;
  std::string lines(model::kManifestFirstLine);
  const Result<bool> complete = each_manifest_entry(entries, found, [&](const model::ManifestEntry& entry) {
    model::append_manifest_line(entry, lines);
    if (lines.size() >= kHashedAtOnce) {
      hasher.update(lines);
      lines.clear();
    }
    return Result<void>();
  });
  if (!complete.ok() || !*complete) return std::nullopt;
  hasher.update(lines);
  return hasher.finish();
}

Digest provisional_hash(const PlanEntries& entries) {
  Sha256 hasher;
  std::string piece;
  for (const std::uint32_t position : entries.sorted_by_path()) {
    const PlanEntry entry = entries.at(position);
    piece.append(entry.path)
        .append(1, '\0')
        .append(reinterpret_cast<const char*>(entry.name.bytes.data()), entry.name.bytes.size());
    if (piece.size() < kHashedAtOnce) continue;
    hasher.update(piece);
    piece.clear();
  }
  hasher.update(piece);
  return hasher.finish();
}

}  // namespace sitepod::deploy
