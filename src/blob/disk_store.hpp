// Bytes by hash on the local disk: {root}/blobs/{h[0:2]}/{h}, h = SHA-256 in lower-case hex; temporary files in
// {root}/tmp. Layout and order of writes: docs/formats/blob-store.md. Any thread; everything may block. A blob's file
// is never modified; it appears complete by rename. What survives a power cut is decided by make_durable: fsync of
// files, then of their folders. After a failed fsync the store is degraded: it takes no more writes in this run (an
// fsync is never retried).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/blake3.hpp"
#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "blob/blob_leases.hpp"

namespace sitepod::blob {

struct StoredBlob {
  Digest sha256;
  Digest blake3;
  std::uint64_t size = 0;
};

class DiskStore;

// One blob being received: a temporary file that is hashed while it is written. Dropped without a trace unless finish()
// and keep() succeed. A resource of one thread at a time; the store must outlive it.
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

class DiskStore {
 public:
  // Creates what is missing; removes temporary files that an earlier run left.
  static Result<std::unique_ptr<DiskStore>> open(const std::string& root);
  // For checks beside a server or after it: creates, sweeps and writes nothing. Only the const functions may be called.
  static Result<std::unique_ptr<DiskStore>> open_for_reading(const std::string& root);
  ~DiskStore();

  // `expected_size`, when known, lets a full disk be noticed before the body is read.
  Result<Incoming> receive(std::optional<std::uint64_t> expected_size = std::nullopt);
  // receive + write + finish + keep, for bytes made by the server itself.
  Result<StoredBlob> put(std::span<const std::byte> data);
  // The durability barrier over these blobs: when it returned, they survive a power cut. Already durable ones cost
  // little. A blob that is not there is kind NotFound; after a failed fsync the kind is Unavailable, or StorageFull
  // when the disk was full.
  Result<void> make_durable(std::span<const Digest> blobs);

  // Size of the file, or nothing. Not a regular file: nothing, and a log line.
  std::optional<std::uint64_t> find_size(const Digest& blob) const;
  Result<UniqueFd> open_blob(const Digest& blob) const;
  // The whole content, verified against its name.
  Result<std::string> read_verified(const Digest& blob, std::uint64_t max_bytes) const;
  // The same piece by piece, so that the bytes never stand in memory together; what they are worth is known only when
  // this succeeds. An error of `each` ends it.
  Result<void> read_pieces(const Digest& blob, const std::function<Result<void>(std::string_view piece)>& each) const;
  // Hashes the file: true when its bytes have its name; false when they do not or it is absent.
  Result<bool> verify(const Digest& blob) const;
  Result<void> erase(const Digest& blob);
  // Every blob on disk in no order; `each` returns false to stop.
  Result<void> list(const std::function<bool(const Digest& blob, std::uint64_t size)>& each) const;

  // Moves a damaged file aside to {root}/quarantine so that the next upload of its hash replaces it.
  Result<void> quarantine(const Digest& blob);
  // Destroys what lies in quarantine under these names.
  Result<void> erase_quarantined(std::span<const Digest> blobs);
  // When the file was written; nothing when it is absent.
  std::optional<Instant> find_written_at(const Digest& blob) const;
  // What must not be removed right now. Shared by everybody who stores, needs or removes blobs.
  BlobLeases& leases() const;
  bool degraded() const;
  const std::string& root() const;

 private:
  friend class Incoming;
  DiskStore() = default;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::blob
