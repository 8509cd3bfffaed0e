// One blob being received: a temporary file that is hashed while it is written. Dropped without a trace unless finish()
// and keep() succeed. A resource of one thread at a time; the store that made it must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::blob {

struct StoredBlob {
  Digest sha256;
  Digest blake3;
  std::uint64_t size = 0;
};

class Incoming {
 public:
  ~Incoming();
  Incoming(Incoming&&) noexcept;
  Incoming& operator=(Incoming&&) noexcept;
  Result<void> write(std::span<const std::byte> data);
  std::uint64_t size() const;
  // Both digests of what was written. Requires: called once, before keep().
  StoredBlob finish();
  // Moves the file into place under its SHA-256. A file that is already there is hashed first: right bytes stay,
  // damaged ones are replaced. Not durable yet.
  Result<void> keep();

 private:
  friend class DiskStore;
  Incoming();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::blob
