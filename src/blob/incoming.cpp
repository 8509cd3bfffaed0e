#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/check.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "blob/incoming_state.hpp"

namespace sitepod::blob {
namespace {

// Smaller blobs stay in memory until keep(): open, write, close and rename are then all that they cost.
constexpr std::size_t kBuffer = 64 * 1024;
// Asking the disk early keeps the barrier of a large upload short.
constexpr std::uint64_t kWriteBackEvery = 8ull << 20;

Result<void> reserve_room(int fd, std::uint64_t size, const std::string& path) {
  if (::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
  return from_errno(errno, "reserve room for " + path);
}

}  // namespace

Incoming::State::~State() {
  if (!path.empty()) ::unlink(path.c_str());
}

Result<void> Incoming::State::open_file_for(std::uint64_t reserved) {
  path = files.new_temporary_path();
  auto opened = open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!opened.ok()) {
    path.clear();
    return std::move(opened).error();
  }
  fd = *std::move(opened);
  if (reserved > 0) SITEPOD_TRY(reserve_room(fd.get(), reserved, path));
  return {};
}

Result<void> Incoming::State::spill(std::span<const std::byte> data) {
  if (!fd) SITEPOD_TRY(open_file_for(0));
  if (!hashers) hashers.emplace();
  hashers->sha256.update(data);
  hashers->blake3.update(data);
  SITEPOD_TRY_WITH(write_all(fd.get(), data), path);
  spilled += data.size();
  if (spilled - written_back >= kWriteBackEvery) {
    // A hint: its failure shows at the fsync.
    static_cast<void>(::sync_file_range(fd.get(), static_cast<off_t>(written_back),
                                        static_cast<off_t>(spilled - written_back), SYNC_FILE_RANGE_WRITE));
    written_back = spilled;
  }
  return {};
}

Result<void> Incoming::State::add(std::span<const std::byte> data) {
  size += data.size();
  if (buffer.size() + data.size() <= kBuffer) {
    const char* begin = reinterpret_cast<const char*>(data.data());
    buffer.append(begin, data.size());
    return {};
  }
  SITEPOD_TRY(spill(std::as_bytes(std::span(buffer))));
  buffer.clear();
  return spill(data);
}

StoredBlob Incoming::State::finish() {
  SITEPOD_CHECK(!is_finished);
  is_finished = true;
  stored.size = size;
  if (!hashers) {
    stored.sha256 = sha256(buffer);
    stored.blake3 = blake3(buffer);
    return stored;
  }
  if (failure.ok()) failure = spill(std::as_bytes(std::span(buffer)));
  stored.sha256 = hashers->sha256.finish();
  stored.blake3 = hashers->blake3.finish();
  return stored;
}

Result<void> Incoming::State::keep() {
  SITEPOD_CHECK(is_finished);
  SITEPOD_TRY(files.refuse_if_degraded());
  if (!failure.ok()) return failure;
  if (!fd) SITEPOD_TRY(open_file_for(0));
  if (!hashers) SITEPOD_TRY_WITH(write_all(fd.get(), buffer), path);
#ifdef SITEPOD_MUTANT_NO_DIRECTORY_FSYNC
  // The classic mistake: the bytes are synced under their temporary name, their new name never is.
  SITEPOD_TRY(sync_file(fd.get(), path));
#endif
  if (::close(fd.release()) != 0) return from_errno(errno, "close " + path);
  bool is_new = SITEPOD_TRY(move_if_absent());
  return is_new ? Result<void>() : settle_with_existing();
}

// False: something has the name already.
Result<bool> Incoming::State::move_if_absent() {
  std::string target = files.path_of(stored.sha256);
  int moved = ::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE);
  if (moved != 0 && errno == ENOENT) {
    SITEPOD_TRY(make_directories(files.folder_of(stored.sha256)));
    SITEPOD_TRY(sync_directory(files.blobs_folder()));
    moved = ::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE);
  }
  if (moved == 0) {
    path.clear();
    return true;
  }
  if (errno == EEXIST) return false;
  if (errno != EINVAL) return from_errno(errno, "rename to " + target);
  // A file system without RENAME_NOREPLACE; link refuses an existing name just as well. The destructor removes the
  // first name.
  if (::link(path.c_str(), target.c_str()) == 0) return true;
  if (errno == EEXIST) return false;
  return from_errno(errno, "link to " + target);
}

// Existing bytes are believed only after they were hashed. Damaged ones are replaced; since the row of the old file may
// say "durable", the new one is fsynced before it takes the name, so that a power cut leaves the old file or the right
// one.
Result<void> Incoming::State::settle_with_existing() {
  auto existing = files.verify(stored.sha256);
  if (existing.ok() && *existing) return {};
  UniqueFd written = SITEPOD_TRY(open_file(path, O_RDONLY));
  auto synced = sync_file(written.get(), path);
  if (!synced.ok()) return files.degrade(std::move(synced).error());
  files.durable.remove(stored.sha256);
  std::string target = files.path_of(stored.sha256);
  int moved = ::rename(path.c_str(), target.c_str());
  if (moved != 0 && errno == EISDIR) {
    SITEPOD_TRY(files.quarantine(stored.sha256));
    moved = ::rename(path.c_str(), target.c_str());
  }
  if (moved != 0) return from_errno(errno, "rename to " + target);
  path.clear();
  log::warn("a damaged blob was replaced by an upload", {{"blob", stored.sha256.hex()}});
  return {};
}

Incoming::Incoming() = default;
Incoming::~Incoming() = default;
Incoming::Incoming(Incoming&&) noexcept = default;
Incoming& Incoming::operator=(Incoming&&) noexcept = default;

Result<void> Incoming::write(std::span<const std::byte> data) {
  if (!state_->failure.ok()) return state_->failure;
  state_->failure = state_->add(data);
  return state_->failure;
}

std::uint64_t Incoming::size() const { return state_->size; }

StoredBlob Incoming::finish() { return state_->finish(); }

Result<void> Incoming::keep() { return state_->keep(); }

}  // namespace sitepod::blob
