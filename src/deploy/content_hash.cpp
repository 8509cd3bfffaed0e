#include "deploy/content_hash.hpp"

namespace sitepod::deploy {
namespace {

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

}  // namespace

Result<std::optional<model::Manifest>> make_manifest(const PlanEntries& entries, std::span<const FoundBlob> found) {
  model::Manifest manifest;
  manifest.reserve(entries.size(), entries.size() * 40);
  const std::vector<std::uint32_t> slots = entries.name_slots();
  // In the manifest's own order, so that sealing has nothing to sort.
  for (const std::uint32_t position : entries.sorted_by_path()) {
    const PlanEntry entry = entries.at(position);
    const std::size_t row = slots[position];
    std::optional<Content> content = claimed(entry);
    if (found[row].standing != FoundBlob::Standing::Absent) content = Content{found[row].sha256, found[row].size};
    if (!content) return std::optional<model::Manifest>();
    manifest.add({entry.path, content->sha256, content->size, entry.media_type});
  }
  SITEPOD_TRY(manifest.seal());
  return std::optional(std::move(manifest));
}

Digest provisional_hash(const PlanEntries& entries) {
  Sha256 hasher;
  for (const std::uint32_t position : entries.sorted_by_path()) {
    const PlanEntry entry = entries.at(position);
    hasher.update(entry.path);
    hasher.update(std::string_view("\0", 1));
    hasher.update(std::as_bytes(std::span(entry.name.bytes)));
  }
  return hasher.finish();
}

}  // namespace sitepod::deploy
