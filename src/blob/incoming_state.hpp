// The inside of one upload. Private to the room.
#pragma once

#include <optional>
#include <string>

#include "base/blake3.hpp"
#include "base/digest.hpp"
#include "blob/incoming.hpp"
#include "blob/store_files.hpp"

namespace sitepod::blob {

struct Incoming::State {
  explicit State(StoreFiles& shared) : files(shared) {}
  ~State();

  // Makes the temporary file; `reserved` bytes are set aside on the disk.
  Result<void> open_file_for(std::uint64_t reserved);
  Result<void> add(std::span<const std::byte> data);
  Result<void> spill(std::span<const std::byte> data);
  StoredBlob finish();
  Result<void> keep();
  Result<bool> move_if_absent();
  Result<void> settle_with_existing();

  struct Hashers {
    Sha256 sha256;
    Blake3 blake3;
  };

  StoreFiles& files;
  std::string path;  // of the temporary file; empty: there is none (any more)
  UniqueFd fd;
  std::string buffer;              // received and not yet in the file
  std::optional<Hashers> hashers;  // of what is in the file; none while everything fits the buffer
  std::uint64_t size = 0;
  std::uint64_t spilled = 0;
  std::uint64_t written_back = 0;
  Result<void> failure;  // the first; everything after it is refused with it
  bool is_finished = false;
  StoredBlob stored;
};

}  // namespace sitepod::blob
