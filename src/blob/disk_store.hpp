// The blob store on the local disk: {root}/blobs/{h[0:2]}/{h}, h = SHA-256 in lower-case hex; temporary files in
// {root}/tmp. Layout and order of writes: docs/formats/blob-store.md. Any thread; everything may block. A blob's file
// is never modified; it appears complete by rename. What survives a power cut is decided by make_durable: fsync of
// files, then of their folders. After a failed fsync the store is degraded: it takes no more writes in this run (an
// fsync is never retried).
#pragma once

#include <memory>
#include <string>

#include "blob/blob_store.hpp"

namespace sitepod::blob {

class StoreFiles;

class DiskStore final : public BlobStore {
 public:
  // Creates what is missing; removes temporary files that an earlier run left.
  static Result<std::unique_ptr<DiskStore>> open(const std::string& root);
  // For checks beside a server or after it: creates, sweeps and writes nothing. Only the const functions may be called.
  static Result<std::unique_ptr<DiskStore>> open_for_reading(const std::string& root);
  ~DiskStore() override;

  Result<Incoming> receive(std::optional<std::uint64_t> expected_size = std::nullopt) override;
  Result<void> make_durable(std::span<const Digest> blobs) override;
  Result<std::optional<std::uint64_t>> find_size(const Digest& blob) const override;
  bool asks_another_machine() const override { return false; }
  // Nothing to prepare: the disk answers at once.
  Result<void> look_up(std::span<const Digest>) const override { return {}; }
  Result<UniqueFd> open_blob(const Digest& blob) const override;
  Result<UniqueFd> open_near_blob(const Digest& blob) const override { return open_blob(blob); }
  void fetch_blob(const Digest& blob, std::function<void(Result<void>)> done) const override;
  Result<std::string> read_verified(const Digest& blob, std::uint64_t max_bytes) const override;
  Result<void> read_pieces(const Digest& blob,
                           const std::function<Result<void>(std::string_view piece)>& each) const override;
  Result<bool> verify(const Digest& blob) const override;
  Result<bool> inspect(const Digest& blob) override { return verify(blob); }
  Result<bool> contains(const Digest& blob) const override;
  Result<void> list(const std::function<bool(const ListedBlob& blob)>& each) const override;
  Result<void> erase(const Digest& blob) override;
  // There is no elsewhere.
  Result<bool> recover(const Digest&) override { return false; }
  // To {root}/quarantine.
  Result<void> quarantine(const Digest& blob) override;
  Result<void> erase_quarantined(std::span<const Digest> blobs) override;
  bool degraded() const override;
  void stop_waiting() override {}
  const std::string& root() const override;

 private:
  friend class BucketStore;  // whose cache and spool one is
  DiskStore() = default;
  StoreFiles& files() const;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::blob
