// What one worker keeps of the blob store: the bytes of small blobs, or the open files of large ones; least recently
// used out first. A blob that is not here is fetched by another thread while the connections that want it wait. Worker
// thread only. References are plain integers, so a blob that is being sent outlives its place in the cache.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "net/timer_wheel.hpp"
#include "serve/connection_id.hpp"

namespace sitepod::serve {

// Either bytes or a file; `size` counts for both.
struct Blob {
  Digest digest;
  std::string bytes;
  UniqueFd file;
  std::uint64_t size = 0;

  bool is_file() const { return static_cast<bool>(file); }

 private:
  friend class BlobRef;
  std::uint32_t references_ = 0;
};

// Counts as one user of a Blob; the last one deletes it.
class BlobRef {
 public:
  BlobRef() = default;
  explicit BlobRef(std::unique_ptr<Blob> blob) : blob_(blob.release()) { ++blob_->references_; }
  BlobRef(const BlobRef& other) : blob_(other.blob_) {
    if (blob_ != nullptr) ++blob_->references_;
  }
  BlobRef(BlobRef&& other) noexcept : blob_(std::exchange(other.blob_, nullptr)) {}
  BlobRef& operator=(BlobRef other) noexcept {
    std::swap(blob_, other.blob_);
    return *this;
  }
  ~BlobRef() {
    if (blob_ != nullptr && --blob_->references_ == 0) delete blob_;
  }
  const Blob* operator->() const { return blob_; }
  explicit operator bool() const { return blob_ != nullptr; }

 private:
  Blob* blob_ = nullptr;
};

class BlobCache {
 public:
  enum class State : std::uint8_t { Ready, Loading, Failed, Unavailable };
  // Starts fetching; `loaded` or `failed` is to be called later, in another turn.
  using StartLoad = std::function<void(const Digest& blob, std::uint64_t size)>;
  // Called once for every connection that waited.
  using Resume = std::function<void(ConnectionId)>;

  // `capacity` is in bytes for contents, in files for open files: `cost` of loaded() says what one takes.
  BlobCache(std::size_t capacity, StartLoad start_load, Resume resume);
  ~BlobCache();

  // Ready: `found` holds the blob. Loading: `who` will be resumed and should ask again. Failed: the blob cannot be had
  // or is not `size` bytes long; Unavailable: it cannot be had now. Asking again is worth while after a second.
  State find(const Digest& blob, std::uint64_t size, ConnectionId who, net::Monotonic now, BlobRef& found);
  void loaded(const Digest& blob, std::unique_ptr<Blob> content, std::size_t cost);
  // `state`: Failed or Unavailable.
  void failed(const Digest& blob, State state, net::Monotonic now);
  // Drops what turned out to be unreadable, or must not be kept.
  void forget(const Digest& blob);
  void forget_all();

  // Any thread: how often a blob was here when it was asked for, and how often it had to be fetched or waited for.
  std::uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  std::uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    Digest digest;
    State state = State::Loading;
    BlobRef blob;
    std::size_t cost = 0;
    net::Monotonic failed_until{};
    std::vector<ConnectionId> waiting;
    // The ring of entries that are not Loading, most recently used behind recent_.
    Entry* newer = nullptr;
    Entry* older = nullptr;
  };

  // The entry that waits for its bytes, or null.
  Entry* find_loading(const Digest& blob);
  void settle(Entry& entry);
  void touch(Entry& entry);
  void link(Entry& entry);
  void unlink(Entry& entry);
  void erase(Entry& entry);
  void make_room();
  State start(const Digest& blob, std::uint64_t size, ConnectionId who);

  static constexpr net::Monotonic kFailureRest{1000};
  const std::size_t capacity_;
  std::size_t used_ = 0;
  // One writer: plain additions that other threads may read.
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
  StartLoad start_load_;
  Resume resume_;
  std::unordered_map<Digest, std::unique_ptr<Entry>, DigestHash> entries_;
  Entry recent_;  // the ring's head
};

}  // namespace sitepod::serve
