#include "tree/hash_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "base/blake3.hpp"
#include "base/file.hpp"
#include "tree/scan.hpp"

namespace sitepod::tree {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kAttempts = 3;

Error unreadable(const FileList& files, std::size_t index, std::string_view why) {
  return invalid("unreadable",
                 "The file " + printable(files.full_path(index)) + " cannot be read: " + std::string(why) + ".");
}

// The system's words at the end of "open x: Permission denied".
std::string_view cause_of(const Error& error) {
  std::string_view context = error.context;
  std::size_t colon = context.rfind(": ");
  return colon == std::string_view::npos ? context : context.substr(colon + 2);
}

// The work of all threads on one list.
class Hashing {
 public:
  Hashing(FileList& files, const HashOptions& options)
      : files_(files),
        options_(options),
        absolute_root_(std::filesystem::absolute(files.root()).lexically_normal().string()) {
    while (absolute_root_.size() > 1 && absolute_root_.ends_with('/')) absolute_root_.pop_back();
  }

  Result<HashReport> run() {
    files_.make_room_for_digests();
    std::size_t thread_count =
        options_.threads != 0 ? options_.threads : std::max(1u, std::thread::hardware_concurrency());
    thread_count = std::min(thread_count, std::max<std::size_t>(1, files_.size()));
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < thread_count; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    if (failure_) return std::move(*failure_);
    if (cancelled()) return Error{ErrorKind::Unavailable, "interrupted", "Interrupted.", {}, {}};
    return report_;
  }

 private:
  bool cancelled() const {
    return options_.cancelled != nullptr && options_.cancelled->load(std::memory_order_relaxed);
  }
  std::string key_path(std::size_t index) const { return absolute_root_ + "/" + std::string(files_[index].path); }

  void work() {
    std::vector<std::byte> buffer(kReadBytes);
    HashReport mine;
    for (std::size_t index; !stop_ && !cancelled() && (index = next_++) < files_.size();) {
      auto done = one(index, buffer, mine);
      if (done.ok()) continue;
      std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::move(done).error();
      stop_ = true;
    }
    std::lock_guard lock(mutex_);
    report_.hashed += mine.hashed;
    report_.cached += mine.cached;
  }

  Result<void> one(std::size_t index, std::span<std::byte> buffer, HashReport& report) {
    if (options_.cache != nullptr && from_cache(index)) {
      ++report.cached;
      return {};
    }
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Instant started = now();
      bool steady = SITEPOD_TRY(read_once(index, buffer));
      if (!steady) continue;
      ++report.hashed;
      if (options_.cache != nullptr) {
        std::lock_guard lock(cache_mutex_);
        options_.cache->add(key_path(index), files_[index].stamp, files_.digests(index), started);
      }
      return {};
    }
    return Error{ErrorKind::Conflict,
                 "changed",
                 "The file " + printable(files_.full_path(index)) + " keeps changing while it is read.",
                 {},
                 {}};
  }

  bool from_cache(std::size_t index) {
    std::string path = key_path(index);
    auto known = options_.cache->find(path, files_[index].stamp);
    if (!known) return false;
    files_.digests(index) = *known;
    std::lock_guard lock(cache_mutex_);
    options_.cache->keep(path, files_[index].stamp);
    return true;
  }

  // False when the file changed meanwhile.
  Result<bool> read_once(std::size_t index, std::span<std::byte> buffer) {
    auto fd = open_file(files_.full_path(index), O_RDONLY | O_NOCTTY | O_NONBLOCK);
    if (!fd.ok()) return unreadable(files_, index, cause_of(fd.error()));
    struct stat info {};
    if (::fstat(fd->get(), &info) != 0) return unreadable(files_, index, ::strerror(errno));
    if (!S_ISREG(info.st_mode)) return unreadable(files_, index, "it is no regular file any more");
    FileStamp before = stamp_of(info);
    Sha256 sha256;
    Blake3 blake3;
    std::uint64_t total = 0;
    for (;;) {
      auto count = read_some(fd->get(), buffer);
      if (!count.ok()) return unreadable(files_, index, cause_of(count.error()));
      auto piece = std::span<const std::byte>(buffer).first(*count);
      sha256.update(piece);
      blake3.update(piece);
      total += *count;
      if (*count < buffer.size() || cancelled()) break;
    }
    if (::fstat(fd->get(), &info) != 0) return unreadable(files_, index, ::strerror(errno));
    if (!cancelled() && (stamp_of(info) != before || total != before.size)) return false;
    files_[index].stamp = before;
    files_.digests(index) = {sha256.finish(), blake3.finish()};
    return true;
  }

  FileList& files_;
  const HashOptions& options_;
  std::string absolute_root_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex cache_mutex_;  // guards adding to and keeping in the cache; finding needs no lock
  std::mutex mutex_;        // guards the two below
  HashReport report_;
  std::optional<Error> failure_;
};

}  // namespace

Result<HashReport> hash_files(FileList& files, const HashOptions& options) { return Hashing(files, options).run(); }

}  // namespace sitepod::tree
