#include "blob/blob_store.hpp"

#include "blob/disk_store.hpp"

namespace sitepod::blob {

Result<std::unique_ptr<BlobStore>> BlobStore::open_on_disk(const std::string& root) {
  return std::unique_ptr<BlobStore>(SITEPOD_TRY(DiskStore::open(root)));
}

std::vector<Result<void>> BlobStore::erase_all(std::span<const Digest> blobs) {
  std::vector<Result<void>> outcomes;
  for (const Digest& blob : blobs) outcomes.push_back(erase(blob));
  return outcomes;
}

Result<StoredBlob> BlobStore::put(std::span<const std::byte> data) {
  Incoming incoming = SITEPOD_TRY(receive(data.size()));
  SITEPOD_TRY(incoming.write(data));
  StoredBlob stored = incoming.finish();
  SITEPOD_TRY(incoming.keep());
  return stored;
}

}  // namespace sitepod::blob
