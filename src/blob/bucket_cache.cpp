// What the bucket store does by itself: it sends what only the disk has, and keeps the cache small.
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <bit>

#include "base/log.hpp"
#include "blob/bucket_store_state.hpp"
#include "blob/parallel.hpp"

namespace sitepod::blob {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLookEvery = 1s;
constexpr std::chrono::milliseconds kRestAfterFailure = 10s;
constexpr std::size_t kSentAtOnce = 64;
// What is dropped at once is a tenth of the cache, so that looking at all files stays rare.
constexpr std::uint64_t kKeptTenths = 9;

// Ages in steps that grow with them: 16 between one power of two of seconds and the next.
constexpr std::size_t kAges = 32 * 16;
std::size_t age_step(std::int64_t seconds) {
  const auto age = static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0)) + 16;
  const int power = std::bit_width(age) - 1;
  return std::min<std::size_t>(static_cast<std::size_t>(power - 4) * 16 + ((age >> (power - 4)) & 15), kAges - 1);
}

struct LocalFile {
  bool is_settled = false;
  std::size_t age = 0;
};
std::optional<LocalFile> look_at(const std::string& path, Instant now) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return LocalFile{(info.st_mode & S_ISVTX) != 0, age_step(now.unix_seconds() - info.st_atim.tv_sec)};
}

}  // namespace

void BucketStore::State::start() {
  thread = std::thread([this] { run(); });
}

BucketStore::State::~State() {
  bucket.stop();
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  if (thread.joinable()) thread.join();
}

bool BucketStore::State::pause(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex);
  return !wake.wait_for(lock, duration, [this] { return stopping; });
}

void BucketStore::State::run() {
  name_this_thread("bucket");
  for (bool has_sent_all = false; pause(kLookEvery);) {
    // Whoever looks at the server's health sees that the bucket is back, although nobody asks for anything.
    if (bucket.is_down() && !bucket.refuse_if_down().ok()) continue;
    watch_claim();
    if (bucket.claim() == Bucket::Claim::Lost) continue;
    if (!has_sent_all) {
      const Result<void> sent = send_what_only_the_disk_has();
      has_sent_all = sent.ok();
      if (!sent.ok()) log::warn("not everything is in the bucket yet", {{"cause", sent.error().context}});
      if (!sent.ok() && !pause(kRestAfterFailure)) return;
    }
    if (held_bytes <= bucket.settings().cache_bytes) continue;
    if (const auto shrunk = shrink(bucket.settings().cache_bytes / 10 * kKeptTenths); !shrunk.ok())
      log::error("the cache of blobs could not be made smaller", {{"cause", shrunk.error().context}});
  }
}

void BucketStore::State::note_growth(std::uint64_t bytes) { held_bytes += bytes; }

// Of another store, of a restored backup, or of a run that ended between the bucket's answer and the mark.
Result<void> BucketStore::State::send_what_only_the_disk_has() {
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
  std::vector<Digest> some;
  std::atomic<bool> is_refused = false;
  const auto send_one = [&](const Digest& blob) -> Result<void> {
    const Result<void> settled = settle(blob);
    // Removed, or found damaged, meanwhile.
    if (settled.ok() || settled.error().kind == ErrorKind::NotFound) return {};
    // One that cannot be read or is refused keeps nobody else from being safe.
    const bool is_unreadable = settled.error().kind != ErrorKind::Unavailable;
    if (is_unreadable)
      log::error("a file cannot be sent to the bucket", {{"blob", blob.hex()}, {"cause", settled.error().context}});
    else if (bucket.is_down())
      return settled;
    else
      is_refused = true;
    return {};
  };
  const auto send = [&]() -> Result<void> {
    // Whoever destroys one of them waits until it is there, and removes it there, too.
    const BlobLeases::Lease lease = leases->take(some);
    // An earlier run may have ended before it synced them. After a failed fsync sending them is all the more urgent.
    const Result<void> synced = disk->degraded() ? Result<void>() : disk->make_durable(some);
    if (!synced.ok() && synced.error().kind != ErrorKind::NotFound) return synced;
    SITEPOD_TRY(for_each_in_parallel(some.size(), kOrdersAtOnce, [&](std::size_t i) { return send_one(some[i]); }));
    count += some.size();
    some.clear();
    return {};
  };
  Result<void> outcome;
  Result<void> listed = disk->list([&](const ListedBlob& blob) {
    bytes += blob.size;
    const auto file = look_at(disk->files().path_of(blob.sha256), now());
    // What this run has received is sent by who commits it.
    if (file && !file->is_settled && blob.written_at < started_at) some.push_back(blob.sha256);
    if (some.size() >= kSentAtOnce) outcome = send();
    return outcome.ok() && pause({});
  });
  SITEPOD_TRY(std::move(outcome));
  SITEPOD_TRY(std::move(listed));
  SITEPOD_TRY(send());
  held_bytes = bytes;
  if (is_refused) return unavailable("The storage of files refuses some.").with("some files were refused");
  if (count > 0) log::info("the bucket has what only this machine had", {{"blobs", count}});
  return {};
}

// Memory does not grow with the store: the first look counts bytes by age, the second drops what is older than the age
// at which enough is gone.
Result<std::uint64_t> BucketStore::State::shrink(std::uint64_t max_bytes) {
  const std::lock_guard lock(shrinking);
  const Instant at = now();
  std::array<std::uint64_t, kAges> bytes_of_age{};
  std::uint64_t total = 0;
  SITEPOD_TRY(disk->list([&](const ListedBlob& blob) {
    total += blob.size;
    const auto file = look_at(disk->files().path_of(blob.sha256), at);
    if (file && file->is_settled) bytes_of_age[file->age] += blob.size;
    return true;
  }));
  std::uint64_t to_drop = total > max_bytes ? total - max_bytes : 0;
  std::size_t youngest = kAges;
  for (std::uint64_t found = 0; youngest > 0 && found < to_drop;) found += bytes_of_age[--youngest];

  std::uint64_t dropped = 0;
  Result<void> outcome;
  SITEPOD_TRY(disk->list([&](const ListedBlob& blob) {
    if (dropped >= to_drop) return false;
    const auto file = look_at(disk->files().path_of(blob.sha256), at);
    if (!file || !file->is_settled || file->age < youngest) return true;
    known.add(blob.sha256, blob.size);
    outcome = disk->erase(blob.sha256);
    if (outcome.ok()) dropped += blob.size;
    return outcome.ok();
  }));
  held_bytes = total - std::min(total, dropped);
  SITEPOD_TRY(std::move(outcome));
  if (dropped > 0) log::info("local copies of blobs were dropped", {{"bytes", dropped}, {"kept", total - dropped}});
  return dropped;
}

}  // namespace sitepod::blob
