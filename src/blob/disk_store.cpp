#include "blob/disk_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "base/log.hpp"
#include "blob/durability_barrier.hpp"
#include "blob/incoming_state.hpp"
#include "blob/store_files.hpp"

namespace sitepod::blob {
namespace {

// Room is reserved for blobs from this size on; smaller ones meet a full disk soon enough.
constexpr std::uint64_t kReservedFrom = 1ull << 20;
constexpr std::size_t kReadAtOnce = 256 * 1024;

std::string two_digits(int number) {
  auto byte = static_cast<std::uint8_t>(number);
  return to_hex(std::span(&byte, 1));
}

// Folders are made durable before any blob lies in them: a blob is no safer than the path to it.
Result<void> make_folders(const StoreFiles& files) {
  SITEPOD_TRY(make_directories(files.root()));
  for (const std::string& folder : {files.blobs_folder(), files.temporary_folder(), files.quarantine_folder()})
    SITEPOD_TRY(make_directories(folder));
  for (int i = 0; i < 256; ++i) {
    std::string folder = files.blobs_folder() + "/" + two_digits(i);
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return from_errno(errno, "mkdir " + folder);
  }
  SITEPOD_TRY(sync_directory(files.blobs_folder()));
  SITEPOD_TRY(sync_directory(files.root()));
  std::string parent = std::filesystem::path(files.root()).parent_path().string();
  return sync_directory(parent.empty() ? "." : parent);
}

Result<void> sweep(const std::string& folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code failed;
    std::filesystem::remove_all(entry->path(), failed);
    if (failed) return from_errno(failed.value(), "remove " + entry->path().string());
  }
  if (error) return from_errno(error.value(), "list " + folder);
  return {};
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

Instant written_at(const struct stat& info) { return {info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000}; }

// False: `each` has had enough.
Result<bool> list_folder(const std::string& path, const std::function<bool(const ListedBlob&)>& each) {
  std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  if (!folder && errno == ENOENT) return true;
  if (!folder) return from_errno(errno, "list " + path);
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr && errno != 0) return from_errno(errno, "list " + path);
    if (entry == nullptr) return true;
    auto blob = parse_digest(entry->d_name);
    struct stat info {};
    bool is_file = blob && ::fstatat(::dirfd(folder.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                   S_ISREG(info.st_mode);
    if (is_file && !each({*blob, static_cast<std::uint64_t>(info.st_size), written_at(info)})) return false;
  }
}

}  // namespace

struct DiskStore::State {
  explicit State(const std::string& root) : files(root) {}

  StoreFiles files;
  std::optional<DurabilityBarrier> barrier;  // none: opened for reading
};

Result<std::unique_ptr<DiskStore>> DiskStore::open(const std::string& root) {
  auto store = SITEPOD_TRY(open_for_reading(root));
  StoreFiles& files = store->state_->files;
  SITEPOD_TRY_WITH(make_folders(files), "opening the blob store");
  SITEPOD_TRY_WITH(sweep(files.temporary_folder()), "opening the blob store");
  store->state_->barrier.emplace(files);
  return store;
}

Result<std::unique_ptr<DiskStore>> DiskStore::open_for_reading(const std::string& root) {
  std::unique_ptr<DiskStore> store(new DiskStore());
  store->state_ = std::make_unique<State>(root);
  return store;
}

DiskStore::~DiskStore() = default;

Result<Incoming> DiskStore::receive(std::optional<std::uint64_t> expected_size) {
  SITEPOD_TRY(state_->files.refuse_if_degraded());
  Incoming incoming;
  incoming.state_ = std::make_unique<Incoming::State>(state_->files);
  if (expected_size.value_or(0) >= kReservedFrom) SITEPOD_TRY(incoming.state_->open_file_for(*expected_size));
  return incoming;
}

Result<void> DiskStore::make_durable(std::span<const Digest> blobs) {
  SITEPOD_CHECK(state_->barrier.has_value());
  return state_->barrier->pass(blobs);
}

Result<std::optional<std::uint64_t>> DiskStore::find_size(const Digest& blob) const {
  std::string path = state_->files.path_of(blob);
  struct stat info {};
  // Whatever keeps the file from being looked at keeps it from being used.
  if (::lstat(path.c_str(), &info) != 0) return std::optional<std::uint64_t>();
  if (S_ISREG(info.st_mode)) return std::optional(static_cast<std::uint64_t>(info.st_size));
  log::error("what stands in a blob's place is not a regular file", {{"path", path}});
  return std::optional<std::uint64_t>();
}

Result<bool> DiskStore::contains(const Digest& blob) const { return SITEPOD_TRY(find_size(blob)).has_value(); }

void DiskStore::fetch_blob(const Digest& blob, std::function<void(Result<void>)> done) const {
  auto opened = open_blob(blob);
  done(opened.ok() ? Result<void>() : Result<void>(std::move(opened).error()));
}

StoreFiles& DiskStore::files() const { return state_->files; }

Result<UniqueFd> DiskStore::open_blob(const Digest& blob) const { return state_->files.open_regular(blob); }

Result<std::string> DiskStore::read_verified(const Digest& blob, std::uint64_t max_bytes) const {
  UniqueFd fd = SITEPOD_TRY(open_blob(blob));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return from_errno(errno, "stat blob " + blob.hex());
  auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > max_bytes)
    return internal("blob " + blob.hex() + " has " + std::to_string(size) + " bytes, more than are expected here");
  std::string content(size, '\0');
  std::size_t count =
      SITEPOD_TRY_WITH(read_some(fd.get(), std::as_writable_bytes(std::span(content))), "blob " + blob.hex());
  if (count != size || sha256(content) != blob)
    return internal("blob " + blob.hex() + " is damaged: its bytes do not have its hash");
  return content;
}

Result<void> DiskStore::read_pieces(const Digest& blob,
                                    const std::function<Result<void>(std::string_view piece)>& each) const {
  UniqueFd fd = SITEPOD_TRY(open_blob(blob));
  Sha256 hasher;
  std::string piece(kReadAtOnce, '\0');
  while (true) {
    const std::size_t count =
        SITEPOD_TRY_WITH(read_some(fd.get(), std::as_writable_bytes(std::span(piece))), "blob " + blob.hex());
    const std::string_view got = std::string_view(piece).substr(0, count);
    hasher.update(got);
    SITEPOD_TRY(each(got));
    if (count < piece.size()) break;
  }
  if (hasher.finish() != blob) return internal("blob " + blob.hex() + " is damaged: its bytes do not have its hash");
  return {};
}

Result<bool> DiskStore::verify(const Digest& blob) const { return state_->files.verify(blob); }

Result<void> DiskStore::erase(const Digest& blob) {
  state_->files.durable.remove(blob);
  return remove_file(state_->files.path_of(blob));
}

Result<void> DiskStore::list(const std::function<bool(const ListedBlob& blob)>& each) const {
  for (int i = 0; i < 256; ++i)
    if (!SITEPOD_TRY(list_folder(state_->files.blobs_folder() + "/" + two_digits(i), each))) return {};
  return {};
}

// Files in quarantine are named after their hash, with a random ending: one hash may go bad more than once.
Result<void> DiskStore::erase_quarantined(std::span<const Digest> blobs) {
  const std::string folder = state_->files.quarantine_folder();
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::optional<Digest> blob = parse_digest(std::string_view(name).substr(0, name.find('.')));
    if (blob && std::find(blobs.begin(), blobs.end(), *blob) != blobs.end())
      SITEPOD_TRY(remove_file(entry->path().string()));
  }
  if (error) return from_errno(error.value(), "list " + folder);
  return {};
}

Result<void> DiskStore::quarantine(const Digest& blob) { return state_->files.quarantine(blob); }

bool DiskStore::degraded() const { return state_->files.is_degraded(); }

const std::string& DiskStore::root() const { return state_->files.root(); }

}  // namespace sitepod::blob
