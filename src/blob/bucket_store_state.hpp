// The inside of a BucketStore. Private to the room.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <thread>
#include <unordered_map>

#include "base/thread_pool.hpp"
#include "blob/bucket.hpp"
#include "blob/bucket_store.hpp"
#include "blob/disk_store.hpp"
#include "blob/staging.hpp"
#include "blob/store_files.hpp"

namespace sitepod::blob {

// Sizes of blobs that the bucket has been seen to have in this run, so that it is not asked for them again. Bounded:
// when full it forgets all, which costs questions and nothing else.
class KnownObjects {
 public:
  std::optional<std::uint64_t> find_size(const Digest& blob) const;
  void add(const Digest& blob, std::uint64_t size);
  void remove(const Digest& blob);

 private:
  mutable std::mutex mutex_;  // guards sizes_
  std::unordered_map<Digest, std::uint64_t, DigestHash> sizes_;
};

// Objects in which this server alone keeps bytes that it has read back and found to be a blob's (staging.hpp): copied
// to the blob's key they need not travel to the bucket again. Bounded: forgetting one costs that travel and nothing
// else.
class FrozenObjects {
 public:
  std::optional<std::string> find_key(const Digest& blob) const;
  void add(const Digest& blob, std::string key);
  void remove(const Digest& blob);

 private:
  mutable std::mutex mutex_;  // guards keys_
  std::unordered_map<Digest, std::string, DigestHash> keys_;
};

struct BucketStore::State {
  State(const std::string& folder, BucketSettings settings)
      : root(folder), bucket(std::move(settings)), fetchers("fetch", 0, kMostFetches) {}
  ~State();

  static constexpr std::size_t kMostFetches = 16;
  // Of one call; and of all calls together.
  static constexpr std::size_t kOrdersAtOnce = 16;
  static constexpr std::ptrdiff_t kMostPuts = 32;

  static std::string key_of(const Digest& blob);
  static std::string quarantine_key_of(const Digest& blob) { return "quarantine/" + blob.hex(); }

  // ---- one blob on the disk
  // The file when its bytes are those of its name, as far as that was ever made sure; nothing when it is not here. What
  // an earlier run left without its mark may have been cut short by a power cut: it is hashed first, and moved aside
  // when it is wrong.
  Result<std::optional<UniqueFd>> open_near(const Digest& blob);
  bool is_settled(int fd) const;
  // Marks a file as one that the bucket has, too. It must be durable here: what has the mark is not hashed again.
  Result<void> mark_settled(int fd, const Digest& blob);
  Result<void> unmark_all();

  // ---- one blob in the bucket
  Result<std::optional<std::uint64_t>> ask_size(const Digest& blob);
  // Sends the file unless the bucket has it. Absent here and there: NotFound.
  Result<void> settle(const Digest& blob);
  Result<void> send_file(const Digest& blob, int fd);
  // True: the bucket had its bytes under another key and has them under the right one now.
  bool copy_frozen(const Digest& blob);
  // The bytes on their way through `each`; an error when they turn out to be others than its name says.
  Result<void> stream(const Digest& blob, const std::function<Result<void>()>& restart,
                      const std::function<Result<void>(std::string_view)>& each);
  // Makes it local. Many callers at once cost one transfer.
  Result<void> fetch(const Digest& blob);
  // Until the one that is under way, if any, has ended.
  void wait_for_fetch(const Digest& blob);
  // Of kind Internal: the bucket's bytes are wrong, and nothing else.
  Result<void> fetch_alone(const Digest& blob);
  Result<void> keep_fetched(const Digest& blob);
  // Once the local bytes are known to be wrong. True: the right ones are here.
  Result<bool> recover(const Digest& blob);
  Result<void> receive_from_bucket(const Digest& blob);

  // ---- whose the bucket is
  // The id of the server; empty: nobody's yet.
  Result<std::string> ask_owner();
  enum class TakeOver : bool { No, Yes };
  // Makes it ours, or finds that it is. Conflict: another server has it.
  Result<void> take_claim(TakeOver take_over);
  // Requires: claiming is held. Only a start takes the bucket from another server, so that two of them do not take it
  // from each other for ever.
  Result<void> prove_claim();
  void watch_claim();

  // ---- the thread
  void start();
  void run();
  // False: the server is stopping.
  bool pause(std::chrono::milliseconds duration);
  Result<void> send_what_only_the_disk_has();
  Result<std::uint64_t> shrink(std::uint64_t max_bytes);
  void note_growth(std::uint64_t bytes);

  const std::string root;
  std::unique_ptr<DiskStore> disk;
  Bucket bucket;
  bool is_read_only = false;
  Instant started_at = now();
  BlobLeases* leases = nullptr;
  std::mutex claiming;  // guards the next two
  BucketClaim claim;
  Instant claim_due;
  KnownObjects known;
  FrozenObjects frozen;
  std::optional<Staging> staging;
  DurableBlobs hashed;  // files without the mark whose bytes were found right in this run
  std::counting_semaphore<kMostPuts> puts{kMostPuts};

  struct Fetch {
    std::condition_variable ended;
    std::optional<Result<void>> outcome;
  };
  std::mutex fetching;  // guards fetches, and the outcome of each
  std::map<Digest, std::shared_ptr<Fetch>> fetches;

  std::mutex shrinking;                       // one at a time
  std::atomic<std::uint64_t> held_bytes = 0;  // by the folder, about; the next shrink() counts exactly
  std::mutex mutex;                           // guards stopping
  std::condition_variable wake;
  bool stopping = false;
  std::thread thread;
  ThreadPool fetchers;
};

}  // namespace sitepod::blob
