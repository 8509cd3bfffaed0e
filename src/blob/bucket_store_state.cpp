// One blob on the disk and in the bucket.
#include "blob/bucket_store_state.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/file.hpp"
#include "base/log.hpp"

namespace sitepod::blob {
namespace {

constexpr std::size_t kMostKnown = 262'144;  // about 16 MiB
constexpr std::size_t kMostFrozen = 16'384;
// A bucket that answers other bytes is asked again: they may have been changed on their way.
constexpr int kMostReads = 3;
// The mark of a file that the bucket has: the sticky bit, which means nothing for files on Linux and is there on every
// file system.
constexpr mode_t kSettled = S_ISVTX;
// When a file was opened is noted no more exactly than this.
constexpr std::int64_t kNotedEverySeconds = 60;

void note_opened(int fd, const struct stat& info) {
  if (now().unix_seconds() - info.st_atim.tv_sec < kNotedEverySeconds) return;
  const struct timespec times[] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  // Without it the file is only dropped earlier than it should be.
  static_cast<void>(::futimens(fd, times));
}

Error wrong_bytes(const Digest& blob) {
  return internal("the bucket has other bytes for blob " + blob.hex() + " than its hash says");
}

// That this machine cannot keep a blob, for want of descriptors or because its disk fails, is no reason to give up what
// the bucket has.
Result<void> trouble_here(const Digest& blob, Result<void> kept) {
  if (kept.ok() || kept.error().kind != ErrorKind::Internal) return kept;
  log::error("a blob of the bucket cannot be kept here", {{"blob", blob.hex()}, {"cause", kept.error().context}});
  return unavailable("The storage of files cannot be used; the operator finds the cause in the server's log.")
      .with(kept.error().context);
}

}  // namespace

std::optional<std::uint64_t> KnownObjects::find_size(const Digest& blob) const {
  const std::lock_guard lock(mutex_);
  const auto found = sizes_.find(blob);
  return found == sizes_.end() ? std::nullopt : std::optional(found->second);
}

void KnownObjects::add(const Digest& blob, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (sizes_.size() >= kMostKnown) sizes_.clear();
  sizes_[blob] = size;
}

void KnownObjects::remove(const Digest& blob) {
  const std::lock_guard lock(mutex_);
  sizes_.erase(blob);
}

std::optional<std::string> FrozenObjects::find_key(const Digest& blob) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(blob);
  return found == keys_.end() ? std::nullopt : std::optional(found->second);
}

void FrozenObjects::add(const Digest& blob, std::string key) {
  const std::lock_guard lock(mutex_);
  if (keys_.size() >= kMostFrozen) keys_.clear();
  keys_[blob] = std::move(key);
}

void FrozenObjects::remove(const Digest& blob) {
  const std::lock_guard lock(mutex_);
  keys_.erase(blob);
}

std::string BucketStore::State::key_of(const Digest& blob) {
  const std::string hex = blob.hex();
  return "blobs/" + hex.substr(0, 2) + "/" + hex;
}

bool BucketStore::State::is_settled(int fd) const {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && (info.st_mode & kSettled) != 0;
}

Result<void> BucketStore::State::mark_settled(int fd, const Digest& blob) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return from_errno(errno, "stat blob " + blob.hex());
  if (::fchmod(fd, (info.st_mode & 0777) | kSettled) != 0) return from_errno(errno, "mark blob " + blob.hex());
  known.add(blob, static_cast<std::uint64_t>(info.st_size));
  return {};
}

Result<void> BucketStore::State::unmark_all() {
  Result<void> outcome;
  Result<void> listed = disk->list([&](const ListedBlob& blob) {
    const std::string path = disk->files().path_of(blob.sha256);
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0 && (info.st_mode & kSettled) != 0 &&
        ::chmod(path.c_str(), info.st_mode & 0777) != 0)
      outcome = from_errno(errno, "unmark " + path);
    return outcome.ok();
  });
  return outcome.ok() ? std::move(listed) : std::move(outcome);
}

Result<std::optional<UniqueFd>> BucketStore::State::open_near(const Digest& blob) {
  if (!SITEPOD_TRY(disk->find_size(blob))) return std::optional<UniqueFd>();
  auto file = disk->open_blob(blob);
  if (!file.ok() && file.error().kind == ErrorKind::NotFound) return std::optional<UniqueFd>();
  if (!file.ok()) return std::move(file).error();
  struct stat info {};
  if (::fstat(file->get(), &info) != 0) return from_errno(errno, "stat blob " + blob.hex());
  const Instant written_at{info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000};
  const bool is_of_this_run = written_at >= started_at;
  if (is_read_only || (info.st_mode & kSettled) != 0 || is_of_this_run || hashed.contains(blob)) {
    if (!is_read_only) note_opened(file->get(), info);
    return std::optional(*std::move(file));
  }
  if (SITEPOD_TRY(disk->verify(blob))) {
    hashed.add(blob);
    return std::optional(*std::move(file));
  }
  SITEPOD_TRY(disk->quarantine(blob));
  return std::optional<UniqueFd>();
}

Result<std::optional<std::uint64_t>> BucketStore::State::ask_size(const Digest& blob) {
  const auto size = SITEPOD_TRY(bucket.find_size(key_of(blob)));
  if (size) known.add(blob, *size);
  return size;
}

Result<void> BucketStore::State::settle(const Digest& blob) {
  auto file = disk->open_blob(blob);
  if (file.ok()) return is_settled(file->get()) ? Result<void>() : send_file(blob, file->get());
  if (file.error().kind == ErrorKind::NotFound && SITEPOD_TRY(ask_size(blob))) return {};
  return std::move(file).error();
}

Result<void> BucketStore::State::send_file(const Digest& blob, int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return from_errno(errno, "stat blob " + blob.hex());
  puts.acquire();
  Result<void> sent =
      copy_frozen(blob) ? Result<void>() : bucket.put(key_of(blob), fd, static_cast<std::uint64_t>(info.st_size), blob);
  puts.release();
  if (sent.ok()) {
    note_growth(static_cast<std::uint64_t>(info.st_size));
    return mark_settled(fd, blob);
  }
  // A bucket that refuses the bytes may be right.
  if (!bucket.is_down() && !SITEPOD_TRY(disk->verify(blob))) {
    SITEPOD_TRY(disk->quarantine(blob));
    return not_found("not_found", "The file is not in the store.").with("blob " + blob.hex() + " is damaged");
  }
  return sent;
}

bool BucketStore::State::copy_frozen(const Digest& blob) {
  const std::optional<std::string> key = frozen.find_key(blob);
  if (!key) return false;
  const Result<bool> copied = bucket.copy(*key, key_of(blob));
  if (!copied.ok() || !*copied) return false;
  frozen.remove(blob);
  // The next collection takes what stays of it.
  static_cast<void>(bucket.remove(*key));
  return true;
}

Result<void> BucketStore::State::stream(const Digest& blob, const std::function<Result<void>()>& restart,
                                        const std::function<Result<void>(std::string_view)>& each) {
  Sha256 hasher;
  SITEPOD_TRY(bucket.get(
      key_of(blob),
      [&]() -> Result<void> {
        hasher = Sha256();
        return restart();
      },
      [&](std::string_view piece) -> Result<void> {
        hasher.update(piece);
        return each(piece);
      }));
  return hasher.finish() == blob ? Result<void>() : wrong_bytes(blob);
}

Result<void> BucketStore::State::fetch(const Digest& blob) {
  std::unique_lock lock(fetching);
  if (const auto running = fetches.find(blob); running != fetches.end()) {
    const std::shared_ptr<Fetch> fetch = running->second;
    fetch->ended.wait(lock, [&] { return fetch->outcome.has_value(); });
    return *fetch->outcome;
  }
  const auto fetch = std::make_shared<Fetch>();
  fetches.emplace(blob, fetch);
  lock.unlock();
  Result<void> outcome = fetch_alone(blob);
  lock.lock();
  fetch->outcome = outcome;
  fetches.erase(blob);
  fetch->ended.notify_all();
  return outcome;
}

void BucketStore::State::wait_for_fetch(const Digest& blob) {
  std::unique_lock lock(fetching);
  const auto running = fetches.find(blob);
  if (running == fetches.end()) return;
  const std::shared_ptr<Fetch> fetch = running->second;
  fetch->ended.wait(lock, [&] { return fetch->outcome.has_value(); });
}

Result<void> BucketStore::State::fetch_alone(const Digest& blob) {
  for (int reads = 1;; ++reads) {
    Result<void> received = receive_from_bucket(blob);
    if (received.ok()) break;
    // The cache is what can make room here.
    const bool is_full = received.error().kind == ErrorKind::StorageFull;
    const bool is_wrong = received.error().kind == ErrorKind::Internal;
    if (reads == kMostReads || !(is_full || is_wrong)) {
      if (is_wrong) log::error("the bucket's bytes are not served", {{"cause", received.error().context}});
      if (received.error().kind == ErrorKind::NotFound) known.remove(blob);
      return received;
    }
    if (is_full) SITEPOD_TRY(shrink(held_bytes / 2));
  }
  return trouble_here(blob, keep_fetched(blob));
}

Result<void> BucketStore::State::keep_fetched(const Digest& blob) {
  const UniqueFd file = SITEPOD_TRY(disk->open_blob(blob));
  SITEPOD_TRY(disk->make_durable(std::span(&blob, 1)));
  struct stat info {};
  if (::fstat(file.get(), &info) == 0) note_growth(static_cast<std::uint64_t>(info.st_size));
  return mark_settled(file.get(), blob);
}

Result<bool> BucketStore::State::recover(const Digest& blob) {
  known.remove(blob);
  hashed.remove(blob);
  if (SITEPOD_TRY(disk->find_size(blob))) SITEPOD_TRY(disk->quarantine(blob));
  const Result<void> fetched = fetch(blob);
  if (fetched.ok()) {
    log::info("a damaged file was replaced by what the bucket has", {{"blob", blob.hex()}});
    return true;
  }
  const ErrorKind kind = fetched.error().kind;
  if (kind == ErrorKind::NotFound || kind == ErrorKind::Internal) return false;
  return fetched.error();
}

Result<void> BucketStore::State::receive_from_bucket(const Digest& blob) {
  std::optional<Incoming> incoming;
  const auto restart = [&]() -> Result<void> {
    incoming.reset();
    incoming.emplace(SITEPOD_TRY(disk->receive()));
    return {};
  };
  SITEPOD_TRY(bucket.get(key_of(blob), restart, [&](std::string_view piece) {
    return trouble_here(blob, incoming->write(std::as_bytes(std::span(piece.data(), piece.size()))));
  }));
  const StoredBlob stored = incoming->finish();
  if (stored.sha256 != blob) return wrong_bytes(blob);
  return trouble_here(blob, incoming->keep());
}

}  // namespace sitepod::blob
