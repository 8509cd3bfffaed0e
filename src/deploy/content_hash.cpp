#include "deploy/content_hash.hpp"

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

}  // namespace

Result<bool> each_manifest_entry(const PlanEntries& entries, std::span<const FoundBlob> found,
                                 const std::function<Result<void>(const model::ManifestEntry&)>& each) {
  const std::vector<std::uint32_t> slots = entries.name_slots();
  for (const std::uint32_t position : entries.sorted_by_path()) {
    const PlanEntry entry = entries.at(position);
    const FoundBlob& blob = found[slots[position]];
    std::optional<Content> content = claimed(entry);
    if (blob.standing != FoundBlob::Standing::Absent) content = Content{blob.sha256, blob.size};
    if (!content) return false;
    SITEPOD_TRY(each({entry.path, content->sha256, content->size, entry.media_type}));
  }
  return true;
}

std::optional<Digest> find_content_hash(const PlanEntries& entries, std::span<const FoundBlob> found) {
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
