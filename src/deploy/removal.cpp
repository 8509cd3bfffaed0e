#include "deploy/removal.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/log.hpp"

namespace sitepod::deploy {
namespace {

using blob::BlobLeases;

// The rows are gone.
Removed remove_files(blob::BlobStore& blobs, std::span<const meta::Blob> gone) {
  std::vector<Digest> names;
  for (const meta::Blob& blob : gone) names.push_back(blob.sha256);
  const std::vector<Result<void>> outcomes = blobs.erase_all(names);
  Removed removed;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (outcomes[i].ok()) {
      ++removed.blobs;
      removed.bytes += gone[i].size;
      continue;
    }
    log::error("could not remove a file; the next collection tries again",
               {{"blob", names[i].hex()}, {"cause", outcomes[i].error().context}});
    ++removed.failed_files;
  }
  return removed;
}

}  // namespace

Result<Removed> remove_held(meta::MetaStore& meta, blob::BlobStore& blobs, std::span<const meta::Blob> held) {
  Result<void> rows_gone = meta.write([&](meta::Session& session) -> Result<void> {
    for (const meta::Blob& blob : held) {
      SITEPOD_TRY(meta::delete_variants_made(session, blob.sha256));
      SITEPOD_TRY(meta::delete_blob(session, blob.sha256));
    }
    return {};
  });
  if (!rows_gone.ok()) return std::move(rows_gone).error();
  return remove_files(blobs, held);
}

Result<Removed> remove_unused(meta::MetaStore& meta, blob::BlobStore& blobs, std::span<const meta::Blob> candidates) {
  std::vector<BlobLeases::Candidate> wanted;
  Result<void> looked_up = meta.read([&](meta::Session& session) -> Result<void> {
    wanted.clear();
    for (const meta::Blob& blob : candidates) {
      BlobLeases::Candidate candidate{blob.sha256, blob.blake3, {}};
      for (const meta::Variant& variant : SITEPOD_TRY(meta::find_variants_made(session, blob.sha256)))
        candidate.sources.push_back(variant.source);
      wanted.push_back(std::move(candidate));
    }
    return {};
  });
  if (!looked_up.ok()) return std::move(looked_up).error();

  const BlobLeases::Removal removal = blobs.leases().hold_unused(wanted);
  std::vector<meta::Blob> held;
  for (const meta::Blob& blob : candidates)
    if (std::any_of(wanted.begin(), wanted.end(), [&](const auto& each) { return each.sha256 == blob.sha256; }))
      held.push_back(blob);
  if (held.empty()) return Removed{};
  return remove_held(meta, blobs, held);
}

Result<Removed> remove_orphans(meta::MetaStore& meta, blob::BlobStore& blobs, std::span<const Digest> files) {
  std::vector<BlobLeases::Candidate> wanted;
  for (const Digest& file : files) wanted.push_back({file, std::nullopt, {}});
  const BlobLeases::Removal removal = blobs.leases().hold_unused(wanted);
  // Asked only now: until somebody holds it, a file may get its row at any moment.
  std::vector<Digest> orphans;
  Result<void> looked_up = meta.read([&](meta::Session& session) -> Result<void> {
    orphans.clear();
    for (const BlobLeases::Candidate& candidate : wanted)
      if (!SITEPOD_TRY(meta::find_blob(session, candidate.sha256))) orphans.push_back(candidate.sha256);
    return {};
  });
  if (!looked_up.ok()) return std::move(looked_up).error();
  SITEPOD_TRY(blobs.look_up(orphans));
  std::vector<meta::Blob> gone;
  for (const Digest& orphan : orphans)
    if (const auto size = SITEPOD_TRY(blobs.find_size(orphan))) gone.push_back({orphan, {}, *size, ""});
  return remove_files(blobs, gone);
}

}  // namespace sitepod::deploy
