// Bytes by hash, wherever they are kept: on the local disk (DiskStore), or in a bucket with the disk before it
// (BucketStore). One contract, one test of it. Any thread; everything may block. What a name stands for never changes.
// What survives is decided by make_durable alone. Errors: Unavailable when the place that keeps the bytes cannot be
// asked right now; that a blob is absent is never guessed from that.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "blob/blob_leases.hpp"
#include "blob/bucket_figures.hpp"
#include "blob/incoming.hpp"

namespace sitepod::blob {

class Staging;

struct ListedBlob {
  Digest sha256;
  std::uint64_t size = 0;
  Instant written_at;
};

class BlobStore {
 public:
  // The simplest one: on the disk alone.
  static Result<std::unique_ptr<BlobStore>> open_on_disk(const std::string& root);
  virtual ~BlobStore() = default;
  BlobStore(const BlobStore&) = delete;
  BlobStore& operator=(const BlobStore&) = delete;

  // ---- storing
  // `expected_size`, when known, lets a full disk be noticed before the body is read.
  virtual Result<Incoming> receive(std::optional<std::uint64_t> expected_size = std::nullopt) = 0;
  // receive + write + finish + keep, for bytes made by the server itself.
  Result<StoredBlob> put(std::span<const std::byte> data);
  // The durability barrier over these blobs: when it returned, they survive a power cut, and the loss of the disk where
  // a bucket keeps them. Already durable ones cost little. A blob that is not there is kind NotFound; after a failed
  // fsync the kind is Unavailable, or StorageFull when the disk was full.
  virtual Result<void> make_durable(std::span<const Digest> blobs) = 0;

  // ---- finding and reading
  // Nothing when it is absent. Not a regular file: nothing, and a log line.
  virtual Result<std::optional<std::uint64_t>> find_size(const Digest& blob) const = 0;
  // Whether finding a blob may have to ask another machine, so that look_up() beforehand pays.
  virtual bool asks_another_machine() const = 0;
  // Asks for many at once, so that find_size of each of them needs to ask nobody soon after.
  virtual Result<void> look_up(std::span<const Digest> blobs) const = 0;
  virtual Result<UniqueFd> open_blob(const Digest& blob) const = 0;
  // The same without waiting for another machine: NotFound also when it is merely not at hand.
  virtual Result<UniqueFd> open_near_blob(const Digest& blob) const = 0;
  // Makes it one that is at hand; `done` is called once, on a thread of the store.
  virtual void fetch_blob(const Digest& blob, std::function<void(Result<void>)> done) const = 0;
  // The whole content, verified against its name.
  virtual Result<std::string> read_verified(const Digest& blob, std::uint64_t max_bytes) const = 0;
  // The same piece by piece, so that the bytes never stand in memory together; what they are worth is known only when
  // this succeeds. An error of `each` ends it.
  virtual Result<void> read_pieces(const Digest& blob,
                                   const std::function<Result<void>(std::string_view piece)>& each) const = 0;
  // Hashes the bytes: true when they have their name; false when they do not or are absent.
  virtual Result<bool> verify(const Digest& blob) const = 0;
  // The look that is taken at every blob from time to time: as verify, but what lies in a bucket alone is not fetched
  // for it. What a bucket has lost and the disk still has is brought back.
  virtual Result<bool> inspect(const Digest& blob) = 0;
  // Whether the place that keeps it for good has it.
  virtual Result<bool> contains(const Digest& blob) const = 0;
  // Every blob in no order; `each` returns false to stop. Correctness never depends on it: a bucket's list may lag.
  virtual Result<void> list(const std::function<bool(const ListedBlob& blob)>& each) const = 0;

  // ---- removing and mending
  virtual Result<void> erase(const Digest& blob) = 0;
  // What erase says of each of them, in their order. Many at once cost little more than one.
  virtual std::vector<Result<void>> erase_all(std::span<const Digest> blobs);
  // For a blob whose bytes are wrong here: true when the right ones could be had from elsewhere and are in place.
  virtual Result<bool> recover(const Digest& blob) = 0;
  // Moves damaged bytes aside so that the next upload of their hash replaces them.
  virtual Result<void> quarantine(const Digest& blob) = 0;
  // Destroys what lies in quarantine under these names.
  virtual Result<void> erase_quarantined(std::span<const Digest> blobs) = 0;

  // Where clients may put bytes past this server; null: nowhere.
  virtual Staging* staging() { return nullptr; }

  // What its bucket was asked in this run; nothing without one. Costs little.
  virtual std::optional<BucketFigures> bucket_figures() const { return std::nullopt; }

  // Whether it cannot keep new bytes right now.
  virtual bool degraded() const = 0;
  // Ends waiting for other machines: what waits fails, and so does what would have to. For the end of the process.
  virtual void stop_waiting() = 0;
  // What must not be removed right now. Shared by everybody who stores, needs or removes blobs.
  BlobLeases& leases() const { return leases_; }
  // The folder of the local files; {root}/tmp is for temporary ones.
  virtual const std::string& root() const = 0;

 protected:
  BlobStore() = default;

 private:
  mutable BlobLeases leases_;
};

}  // namespace sitepod::blob
