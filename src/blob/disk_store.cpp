#include "blob/disk_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <set>
#include <unordered_set>
#include <vector>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/random.hpp"

namespace sitepod::blob {
namespace {

// Up to here a blob waits in memory: one write and no temporary file that a refused upload would leave behind.
constexpr std::size_t kBufferedBytes = 64 * 1024;
// What make_durable remembers of this run; beyond it an fsync of a clean file is cheap.
constexpr std::size_t kRememberedDurable = 1 << 18;

std::string hex_of(const Digest& blob) { return blob.hex(); }

}  // namespace

struct DiskStore::State {
  std::string root;
  std::atomic<bool> degraded{false};
  std::mutex mutex;  // guards durable
  std::unordered_set<Digest, DigestHash> durable;

  std::string folder_of(const std::string& hex) const { return root + "/blobs/" + hex.substr(0, 2); }
  std::string path_of(const Digest& blob) const {
    std::string hex = hex_of(blob);
    return folder_of(hex) + "/" + hex;
  }
  Result<void> check_not_degraded() const {
    if (!degraded.load()) return {};
    return unavailable("The server's disk failed and takes no writes until the operator has looked at it.");
  }
  // The error of an fsync is final: the kernel may have dropped the pages, and a second call would say that all is well.
  template <typename T>
  Result<T> degrade(Result<T> failed) {
    degraded.store(true);
    log::error("the blob store is degraded: an fsync failed; it takes no writes until a restart",
               {{"reason", failed.error().context}});
    return failed;
  }
};

struct Incoming::State {
  DiskStore::State* store = nullptr;
  Sha256 sha256;
  Blake3 blake3;
  std::uint64_t size = 0;
  std::string buffer;
  std::string temporary;  // its path, once there is a file
  UniqueFd file;
  std::optional<StoredBlob> stored;

  ~State() {
    if (!temporary.empty()) ::unlink(temporary.c_str());
  }
  Result<void> spill() {
    if (!file) {
      temporary = store->root + "/tmp/" + random_base36(20);
      file = SITEPOD_TRY(open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0644));
    }
    SITEPOD_TRY_WITH(write_all(file.get(), buffer), "storing " + temporary);
    buffer.clear();
    return {};
  }
};

Incoming::Incoming() : state_(std::make_unique<State>()) {}
Incoming::~Incoming() = default;
Incoming::Incoming(Incoming&&) noexcept = default;
Incoming& Incoming::operator=(Incoming&&) noexcept = default;

Result<void> Incoming::write(std::span<const std::byte> data) {
  state_->sha256.update(data);
  state_->blake3.update(data);
  state_->size += data.size();
  if (state_->buffer.size() + data.size() > kBufferedBytes) {
    SITEPOD_TRY(state_->spill());
    if (data.size() > kBufferedBytes) {
      SITEPOD_TRY_WITH(write_all(state_->file.get(), data), "storing " + state_->temporary);
      return {};
    }
  }
  state_->buffer.append(reinterpret_cast<const char*>(data.data()), data.size());
  return {};
}

std::uint64_t Incoming::size() const { return state_->size; }

StoredBlob Incoming::finish() {
  state_->stored = StoredBlob{state_->sha256.finish(), state_->blake3.finish(), state_->size};
  return *state_->stored;
}

Result<void> Incoming::keep() {
  State& state = *state_;
  SITEPOD_CHECK(state.stored.has_value());
  SITEPOD_TRY(state.spill());
  if (::close(state.file.release()) != 0) return from_errno(errno, "close " + state.temporary);
  const std::string path = state.store->path_of(state.stored->sha256);
  if (::rename(state.temporary.c_str(), path.c_str()) != 0) return from_errno(errno, "rename to " + path);
  state.temporary.clear();
  // The file under this name is a new one, whatever was durable before.
  std::lock_guard lock(state.store->mutex);
  state.store->durable.erase(state.stored->sha256);
  return {};
}

DiskStore::~DiskStore() = default;

Result<std::unique_ptr<DiskStore>> DiskStore::open_for_reading(const std::string& root) {
  auto store = std::unique_ptr<DiskStore>(new DiskStore);
  store->state_ = std::make_unique<State>();
  store->state_->root = root;
  return store;
}

Result<std::unique_ptr<DiskStore>> DiskStore::open(const std::string& root) {
  auto store = SITEPOD_TRY(open_for_reading(root));
  SITEPOD_TRY(make_directories(root + "/tmp"));
  SITEPOD_TRY(make_directories(root + "/quarantine"));
  bool is_new = ::access((root + "/blobs/ff").c_str(), F_OK) != 0;
  constexpr char kHex[] = "0123456789abcdef";
  for (int i = 0; i < 256; ++i) SITEPOD_TRY(make_directories(root + "/blobs/" + kHex[i >> 4] + kHex[i & 15]));
  if (is_new) {
    SITEPOD_TRY(sync_directory(root + "/blobs"));
    SITEPOD_TRY(sync_directory(root));
  }
  DIR* folder = ::opendir((root + "/tmp").c_str());
  if (!folder) return from_errno(errno, "open " + root + "/tmp");
  while (dirent* entry = ::readdir(folder))
    if (entry->d_name[0] != '.') ::unlink((root + "/tmp/" + entry->d_name).c_str());
  ::closedir(folder);
  return store;
}

Result<Incoming> DiskStore::receive(std::optional<std::uint64_t> expected_size) {
  SITEPOD_TRY(state_->check_not_degraded());
  if (expected_size && *expected_size > kBufferedBytes) {
    struct statvfs space {};
    if (::statvfs(state_->root.c_str(), &space) == 0 && space.f_bavail * space.f_frsize < *expected_size)
      return from_errno(ENOSPC, "receiving " + std::to_string(*expected_size) + " bytes");
  }
  Incoming incoming;
  incoming.state_->store = state_.get();
  return incoming;
}

Result<StoredBlob> DiskStore::put(std::span<const std::byte> data) {
  Incoming incoming = SITEPOD_TRY(receive(data.size()));
  SITEPOD_TRY(incoming.write(data));
  StoredBlob stored = incoming.finish();
  SITEPOD_TRY(incoming.keep());
  return stored;
}

Result<void> DiskStore::make_durable(std::span<const Digest> blobs) {
  SITEPOD_TRY(state_->check_not_degraded());
  std::vector<Digest> pending;
  {
    std::lock_guard lock(state_->mutex);
    for (const Digest& blob : blobs)
      if (!state_->durable.contains(blob)) pending.push_back(blob);
  }
  if (pending.empty()) return {};
  std::sort(pending.begin(), pending.end());
  pending.erase(std::unique(pending.begin(), pending.end()), pending.end());

  // The kernel starts writing all of them before the first is waited for.
  std::set<std::uint8_t> folders;
  for (const Digest& blob : pending) {
    UniqueFd file = SITEPOD_TRY(open_blob(blob));
    ::sync_file_range(file.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    folders.insert(blob.bytes[0]);
  }
  for (const Digest& blob : pending) {
    UniqueFd file = SITEPOD_TRY(open_blob(blob));
    if (auto synced = sync_file(file.get(), state_->path_of(blob)); !synced.ok()) return state_->degrade(std::move(synced));
  }
  for (std::uint8_t folder : folders) {
    std::string path = state_->root + "/blobs/" + to_hex(std::span(&folder, 1));
    if (auto synced = sync_directory(path); !synced.ok()) return state_->degrade(std::move(synced));
  }
  std::lock_guard lock(state_->mutex);
  if (state_->durable.size() + pending.size() > kRememberedDurable) state_->durable.clear();
  state_->durable.insert(pending.begin(), pending.end());
  return {};
}

std::optional<std::uint64_t> DiskStore::find_size(const Digest& blob) const {
  struct stat info {};
  const std::string path = state_->path_of(blob);
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  if (!S_ISREG(info.st_mode)) {
    log::error("something that is no regular file stands in a blob's place", {{"blob", blob.hex()}});
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<UniqueFd> DiskStore::open_blob(const Digest& blob) const {
  const std::string path = state_->path_of(blob);
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) return not_found("not_found", "This file is not stored here.").with(path);
  if (fd < 0) return from_errno(errno, "open " + path);
  UniqueFd file(fd);
  struct stat info {};
  if (::fstat(fd, &info) != 0) return from_errno(errno, "stat " + path);
  if (!S_ISREG(info.st_mode)) return internal(path + " is no regular file");
  return file;
}

Result<std::string> DiskStore::read_verified(const Digest& blob, std::uint64_t max_bytes) const {
  UniqueFd file = SITEPOD_TRY(open_blob(blob));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return from_errno(errno, "stat " + blob.hex());
  if (static_cast<std::uint64_t>(info.st_size) > max_bytes) return internal("blob " + blob.hex() + " is larger than expected");
  std::string content(static_cast<std::size_t>(info.st_size), '\0');
  content.resize(SITEPOD_TRY_WITH(read_some(file.get(), std::as_writable_bytes(std::span(content))), "read " + blob.hex()));
  if (sha256(content) != blob) return internal("blob " + blob.hex() + " is damaged");
  return content;
}

Result<bool> DiskStore::verify(const Digest& blob) const {
  auto opened = open_blob(blob);
  if (!opened.ok()) {
    if (opened.error().kind == ErrorKind::NotFound) return false;
    return std::move(opened).error();
  }
  Sha256 hasher;
  std::vector<std::byte> piece(256 * 1024);
  for (;;) {
    std::size_t count = SITEPOD_TRY_WITH(read_some(opened->get(), piece), "verifying " + blob.hex());
    if (count == 0) break;
    hasher.update(std::span(piece).first(count));
  }
  return hasher.finish() == blob;
}

Result<void> DiskStore::erase(const Digest& blob) {
  {
    std::lock_guard lock(state_->mutex);
    state_->durable.erase(blob);
  }
  return remove_file(state_->path_of(blob));
}

Result<void> DiskStore::list(const std::function<bool(const Digest& blob, std::uint64_t size)>& each) const {
  for (int i = 0; i < 256; ++i) {
    const std::uint8_t prefix = static_cast<std::uint8_t>(i);
    const std::string folder_path = state_->root + "/blobs/" + to_hex(std::span(&prefix, 1));
    std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(folder_path.c_str()), &::closedir);
    if (!folder) {
      if (errno == ENOENT) continue;
      return from_errno(errno, "list " + folder_path);
    }
    errno = 0;
    while (dirent* entry = ::readdir(folder.get())) {
      auto blob = parse_digest(entry->d_name);
      if (!blob) continue;
      if (auto size = find_size(*blob); size && !each(*blob, *size)) return {};
      errno = 0;
    }
    if (errno != 0) return from_errno(errno, "list " + folder_path);
  }
  return {};
}

Result<void> DiskStore::quarantine(const Digest& blob) {
  const std::string to = state_->root + "/quarantine/" + blob.hex();
  if (::rename(state_->path_of(blob).c_str(), to.c_str()) != 0 && errno != ENOENT) return from_errno(errno, "quarantine " + blob.hex());
  std::lock_guard lock(state_->mutex);
  state_->durable.erase(blob);
  return {};
}

bool DiskStore::degraded() const { return state_->degraded.load(); }
const std::string& DiskStore::root() const { return state_->root; }

}  // namespace sitepod::blob
