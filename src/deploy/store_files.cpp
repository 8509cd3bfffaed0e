// Files from the disk that become blobs of an account without a plan: media.
#include <fcntl.h>

#include "base/file.hpp"
#include "deploy/deployer_state.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

Result<blob::StoredBlob> store_file(blob::BlobStore& blobs, const std::string& path, blob::BlobLeases::Lease& lease) {
  const UniqueFd fd = SITEPOD_TRY(open_file(path, O_RDONLY | O_NOFOLLOW));
  blob::Incoming incoming = SITEPOD_TRY(blobs.receive());
  std::vector<std::byte> piece(kPieceBytes);
  while (const std::size_t count = SITEPOD_TRY_WITH(read_some(fd.get(), piece), path))
    SITEPOD_TRY(incoming.write(std::span(piece).first(count)));
  const blob::StoredBlob stored = incoming.finish();
  lease.add(stored.sha256);
  SITEPOD_TRY(incoming.keep());
  return stored;
}

}  // namespace

Result<StoredFiles> Deployer::store_files(std::string_view account_id, std::span<const std::string> paths,
                                          Instant now) {
  State& state = *state_;
  auto lease = std::make_shared<blob::BlobLeases::Lease>(state.blobs.leases().begin());
  std::vector<blob::StoredBlob> stored;
  std::vector<Digest> names;
  for (const std::string& path : paths) {
    stored.push_back(SITEPOD_TRY(store_file(state.blobs, path, *lease)));
    names.push_back(stored.back().sha256);
  }
  SITEPOD_TRY_WITH(state.blobs.make_durable(names), "storing media");
  Result<void> written = state.meta.write([&](meta::Session& session) -> Result<void> {
    for (const blob::StoredBlob& blob : stored) {
      if (SITEPOD_TRY(meta::is_purged_blob(session, blob.sha256))) return purged_content();
      SITEPOD_TRY(meta::upsert_blob(session, {blob.sha256, blob.blake3, blob.size, ""}, now));
      SITEPOD_TRY(meta::mark_blob_durable(session, blob.sha256));
      SITEPOD_TRY(meta::grant_blob(session, account_id, blob.sha256));
    }
    return {};
  });
  SITEPOD_TRY(std::move(written));
  StoredFiles files;
  for (const blob::StoredBlob& blob : stored) files.files.push_back({blob.sha256, blob.size});
  files.kept = std::move(lease);
  return files;
}

}  // namespace sitepod::deploy
