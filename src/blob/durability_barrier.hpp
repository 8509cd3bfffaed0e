// The barrier after which blobs survive a power cut. Any thread; blocks. Private to the room.
#pragma once

#include <memory>
#include <span>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "blob/store_files.hpp"

namespace sitepod::blob {

class DurabilityBarrier {
 public:
  explicit DurabilityBarrier(StoreFiles& files);
  Result<void> pass(std::span<const Digest> blobs);

 private:
  Result<void> sync_each(std::span<const Digest> blobs);
  Result<void> sync_file_system(std::span<const Digest> blobs);
  Result<void> sync_one(const Digest& blob, const UniqueFd& fd);
  Result<void> sync_folders(std::span<const Digest> blobs);

  StoreFiles& files_;
  // Opened before anything is written, so that every failed write-back since is reported to it. Empty: syncfs cannot be
  // relied on here.
  UniqueFd file_system_;
};

}  // namespace sitepod::blob
