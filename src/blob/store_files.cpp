#include "blob/store_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/random.hpp"

namespace sitepod::blob {
namespace {

constexpr std::size_t kMostRemembered = 65536;  // about 4 MiB
constexpr std::size_t kPiece = 256 * 1024;

}  // namespace

bool DurableBlobs::contains(const Digest& blob) const {
  std::lock_guard lock(mutex_);
  return known_.contains(blob);
}

void DurableBlobs::add(const Digest& blob) {
  std::lock_guard lock(mutex_);
  if (known_.size() >= kMostRemembered) known_.clear();
  known_.insert(blob);
}

void DurableBlobs::remove(const Digest& blob) {
  std::lock_guard lock(mutex_);
  known_.erase(blob);
}

StoreFiles::StoreFiles(std::string root) : root_(std::move(root)), run_(random_base36(8)) {}

std::string StoreFiles::folder_of(const Digest& blob) const {
  return blobs_folder() + "/" + to_hex(std::span(blob.bytes).first(1));
}

std::string StoreFiles::path_of(const Digest& blob) const { return folder_of(blob) + "/" + blob.hex(); }

std::string StoreFiles::new_temporary_path() {
  return temporary_folder() + "/" + run_ + "-" +
         std::to_string(next_temporary_.fetch_add(1, std::memory_order_relaxed));
}

Result<UniqueFd> StoreFiles::open_regular(const Digest& blob) const {
  std::string path = path_of(blob);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && errno == ENOENT) return not_found("not_found", "The file is not in the store.").with("blob " + blob.hex());
  if (!fd) return from_errno(errno, "open " + path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return from_errno(errno, "stat " + path);
  if (!S_ISREG(info.st_mode)) return internal(path + " is not a regular file");
  return fd;
}

Result<bool> StoreFiles::verify(const Digest& blob) const {
  auto fd = open_regular(blob);
  if (!fd.ok()) {
    if (fd.error().kind == ErrorKind::NotFound) return false;
    struct stat info {};
    bool is_other_thing = ::lstat(path_of(blob).c_str(), &info) == 0 && !S_ISREG(info.st_mode);
    if (is_other_thing) return false;
    return std::move(fd).error();
  }
  Sha256 hasher;
  std::string piece(kPiece, '\0');
  while (true) {
    std::size_t count =
        SITEPOD_TRY_WITH(read_some(fd->get(), std::as_writable_bytes(std::span(piece))), "blob " + blob.hex());
    hasher.update(std::string_view(piece).substr(0, count));
    if (count < piece.size()) return hasher.finish() == blob;
  }
}

Result<void> StoreFiles::quarantine(const Digest& blob) {
  durable.remove(blob);
  std::string path = path_of(blob);
  std::string aside = quarantine_folder() + "/" + blob.hex() + "." + random_base36(8);
  if (::rename(path.c_str(), aside.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return from_errno(errno, "quarantine " + path);
  }
  log::error("a damaged blob was moved aside; uploading its content again replaces it",
             {{"blob", blob.hex()}, {"to", aside}});
  return {};
}

Result<void> StoreFiles::refuse_if_degraded() const {
  if (is_degraded())
    return unavailable("The server cannot store files until it is restarted.")
        .with("an earlier fsync of the blob store failed");
  return {};
}

Error StoreFiles::degrade(Error cause) {
  degraded_ = true;
  log::error("an fsync of the blob store failed; no more writes until the server is restarted",
             {{"cause", cause.context}});
  if (cause.kind == ErrorKind::StorageFull) return cause;
  return unavailable("The server cannot store files until it is restarted.").with(cause.context);
}

}  // namespace sitepod::blob
