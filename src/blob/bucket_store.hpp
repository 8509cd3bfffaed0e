// The blob store in an S3 bucket, with the local disk before it. The bucket keeps the blobs for good; the folder is a
// spool of what it has not taken yet and a cache of what it has. make_durable returns when the bucket has acknowledged
// every blob. What is read is local or fetched first, and hashed before anybody sees it; it is dropped again when the
// cache grows too large. Keys: blobs/{h[0:2]}/{h}, as on disk. One server has the bucket for itself. While it cannot be
// reached, what is local is served, and nothing new is taken. Any thread; everything may block, for seconds.
// docs/formats/blob-store.md says which file is what.
#pragma once

#include <memory>
#include <string>

#include "blob/blob_store.hpp"
#include "blob/bucket_settings.hpp"

namespace sitepod::blob {

class BucketStore final : public BlobStore {
 public:
  enum class Folder {
    OfThisBucket,  // its files may be known to be in the bucket
    IsNew          // or was another store's: every file in it is sent
  };
  // Starts a thread that sends what only the disk has and keeps the cache small. Asks the bucket nothing: check() does.
  static Result<std::unique_ptr<BucketStore>> open(const std::string& root, BucketSettings settings, Folder folder);
  // For checks beside a server or after it: writes nothing here and nothing there. Only the const functions may be
  // called.
  static Result<std::unique_ptr<BucketStore>> open_for_reading(const std::string& root, BucketSettings settings);
  // Whether the bucket can be used. Unavailable: not now. Invalid: a setting is wrong; the message says which.
  Result<void> check();
  // The server that is to have the bucket. Until that is proven nothing is removed there; it is proven by itself when
  // the bucket can be asked, and looked at from time to time from then on. Once another server has the bucket, nothing
  // is changed there any more.
  void expect_claim(const BucketClaim& claim);
  // Makes the bucket that server's, or finds that it is. Conflict: another server has it; the message says what to do.
  Result<void> prove_claim();
  // The server that has it; empty: none. Also of a store that was opened for reading.
  Result<std::string> find_owner() const;
  ~BucketStore() override;

  Result<Incoming> receive(std::optional<std::uint64_t> expected_size = std::nullopt) override;
  Result<void> make_durable(std::span<const Digest> blobs) override;
  Result<std::optional<std::uint64_t>> find_size(const Digest& blob) const override;
  bool asks_another_machine() const override { return true; }
  Result<void> look_up(std::span<const Digest> blobs) const override;
  Result<UniqueFd> open_blob(const Digest& blob) const override;
  Result<UniqueFd> open_near_blob(const Digest& blob) const override;
  void fetch_blob(const Digest& blob, std::function<void(Result<void>)> done) const override;
  Result<std::string> read_verified(const Digest& blob, std::uint64_t max_bytes) const override;
  Result<void> read_pieces(const Digest& blob,
                           const std::function<Result<void>(std::string_view piece)>& each) const override;
  Result<bool> verify(const Digest& blob) const override;
  Result<bool> inspect(const Digest& blob) override;
  Result<bool> contains(const Digest& blob) const override;
  Result<void> list(const std::function<bool(const ListedBlob& blob)>& each) const override;
  Result<void> erase(const Digest& blob) override;
  std::vector<Result<void>> erase_all(std::span<const Digest> blobs) override;
  Result<bool> recover(const Digest& blob) override;
  // Here to {root}/quarantine, there to the key quarantine/{h}.
  Result<void> quarantine(const Digest& blob) override;
  Result<void> erase_quarantined(std::span<const Digest> blobs) override;
  Staging* staging() override;
  std::optional<BucketFigures> bucket_figures() const override;
  // Files that the bucket has not taken yet: their bytes, and when the oldest was written. Looks at every local file.
  struct Spool {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    Instant oldest;
  };
  Result<Spool> measure_spool() const;
  bool degraded() const override;
  void stop_waiting() override;
  const std::string& root() const override;

  // Drops files that the bucket has, those first that were not opened for the longest time, until the folder holds no
  // more than that. Also done by itself.
  Result<void> shrink_cache(std::uint64_t max_bytes);

 private:
  BucketStore() = default;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::blob
