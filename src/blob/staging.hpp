// Uploads that go past this server: whoever has an address that was signed here puts the bytes of one file into the
// bucket itself. What lies there is nobody's blob before it was read back and hashed, whoever put it there. Keys:
// staging/{owner}/{sha256}, as the owner claims it; and frozen/…, where only this server writes: what may be exchanged
// by its uploader at any moment is copied there before it is looked at. Owned by a BucketStore. Any thread; everything
// but signing blocks. Errors: Unavailable when the bucket cannot be asked right now.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "blob/incoming.hpp"

namespace sitepod::blob {

class Bucket;
class DiskStore;
class FrozenObjects;

struct StagedObject {
  Digest sha256;  // claimed
  std::uint64_t size = 0;
  Instant written_at;
};

class Staging {
 public:
  // An S3 server takes no more in one request.
  static constexpr std::uint64_t kMaxUploadBytes = 5ull << 30;

  // Makes the address for each file of one owner. A value; whoever has an address may PUT that many bytes, and a bucket
  // that can checks their SHA-256, until `good_until`.
  class Signer {
   public:
    std::string address_of(const Digest& sha256, std::uint64_t size) const { return sign_(sha256, size); }
    Instant good_until() const { return good_until_; }

   private:
    friend class Staging;
    std::function<std::string(const Digest&, std::uint64_t)> sign_;
    Instant good_until_;
  };

  // Parts of a BucketStore, which outlives it. `make_room`: on a disk that is full.
  Staging(Bucket& bucket, DiskStore& disk, FrozenObjects& frozen, std::function<Result<void>()> make_room)
      : bucket_(bucket), disk_(disk), frozen_(frozen), make_room_(std::move(make_room)) {}

  // Whether the operator wants it; what was put there before is taken in any case.
  bool is_wanted() const;
  Signer signer_for(std::string_view owner, Instant now) const;
  // What an owner has put there, or half of it: a list of a bucket may lag.
  Result<std::vector<StagedObject>> list(std::string_view owner) const;

  // Its bytes on this machine, not yet kept, and what they really are.
  struct Received {
    Incoming incoming;
    StoredBlob stored;
  };
  // Reads the object back once. Errors: NotFound; "size_mismatch" when it is longer than that.
  Result<Received> receive(std::string_view owner, const StagedObject& object);
  // Absent is fine.
  Result<void> remove(std::string_view owner, const Digest& sha256) const;

  // Every object of every owner; removes those of which `goes` says so, and forgotten copies from before `before`.
  // Yields how many went. An error of `goes` ends it.
  Result<std::int64_t> sweep(
      const std::function<Result<bool>(std::string_view owner, const StagedObject& object)>& goes,
      Instant before) const;

 private:
  Result<Received> receive_once(const std::string& key, std::uint64_t size);

  Bucket& bucket_;
  DiskStore& disk_;
  FrozenObjects& frozen_;
  const std::function<Result<void>()> make_room_;
};

}  // namespace sitepod::blob
