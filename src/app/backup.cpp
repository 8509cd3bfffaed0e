#include "app/backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "app/blob_folder.hpp"
#include "app/data_folder.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "meta/database_copy.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::app {
namespace {

constexpr std::string_view kPartial = ".partial";
constexpr std::size_t kPieceBytes = 1u << 20;
constexpr unsigned kFolderMode = 0750;
// A collection of garbage may delete what an earlier moment of the database still names; a later one does not.
constexpr int kAttempts = 3;

enum class Sharing : std::uint8_t { LinkWhenPossible, Never };

struct NeededBlob {
  Digest digest;
  std::uint64_t size = 0;
  bool is_derived = false;
};

std::string folder_of(const std::string& root, const std::string& hex) { return root + "/blobs/" + hex.substr(0, 2); }

Result<void> prepare_target(const std::string& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder, ignored) && !std::filesystem::is_empty(folder, ignored))
    return conflict(folder + " is not empty; choose a folder that is new or empty.");
  return make_directories(folder, kFolderMode);
}

Result<std::vector<NeededBlob>> list_needed(const std::string& database) {
  auto meta = SITEPOD_TRY(meta::MetaStore::open_sqlite(database));
  std::vector<NeededBlob> needed;
  SITEPOD_TRY(meta->read([&](meta::Session& session) {
    return meta::each_needed_blob(session, [&](const Digest& digest, std::uint64_t size, bool is_derived) {
      needed.push_back({digest, size, is_derived});
      return true;
    });
  }));
  return needed;
}

// The bytes are hashed on their way: a damaged blob never becomes part of a copy.
Result<void> copy_hashed(const std::string& from, const std::string& to, const Digest& digest) {
  const UniqueFd in = SITEPOD_TRY(open_file(from, O_RDONLY));
  const UniqueFd out = SITEPOD_TRY(open_file(to, O_WRONLY | O_CREAT | O_TRUNC, 0440));
  std::vector<std::byte> piece(kPieceBytes);
  Sha256 hasher;
  while (const std::size_t count = SITEPOD_TRY(read_some(in.get(), piece))) {
    hasher.update(std::span(piece).first(count));
    SITEPOD_TRY_WITH(write_all(out.get(), std::span<const std::byte>(piece).first(count)), "copying to " + to);
  }
  if (hasher.finish() != digest) return internal("blob " + digest.hex() + " has other bytes than its hash says");
  return {};
}

class StoreCopy {
 public:
  StoreCopy(std::string from, std::string to, Sharing sharing)
      : from_(std::move(from)), to_(std::move(to)), sharing_(sharing) {}

  Result<CopiedStore> run() {
    SITEPOD_TRY(prepare_target(to_));
    for (const char* folder : {"/blobs", "/tmp"}) SITEPOD_TRY(make_directories(to_ + folder, kFolderMode));
    if (!std::filesystem::exists(from_ + std::string(kDatabaseFile)))
      return not_found("not_found", "There is no database in " + from_ + ".");
    for (int attempt = 1;; ++attempt) {
      const bool is_complete = SITEPOD_TRY(copy_once());
      if (is_complete) break;
      if (attempt == kAttempts)
        return internal("blobs that the database needs are missing in " + from_ + "; `sitepod fsck` names them");
    }
    SITEPOD_TRY(finish());
    copied_.report = SITEPOD_TRY(check_store(to_, now()));
    return std::move(copied_);
  }

 private:
  std::string database() const { return to_ + std::string(kDatabaseFile); }
  std::string partial() const { return database() + std::string(kPartial); }

  // The database first: what it names was there at that moment. False: something has gone since.
  Result<bool> copy_once() {
    for (const char* suffix : {"", "-wal", "-shm", "-stamp"}) SITEPOD_TRY(remove_file(partial() + suffix));
    SITEPOD_TRY(meta::copy_database(from_ + std::string(kDatabaseFile), partial()));
    copied_ = {};
    for (const NeededBlob& blob : SITEPOD_TRY(list_needed(partial())))
      if (!SITEPOD_TRY(copy_blob(blob)) && !blob.is_derived) return false;
    return true;
  }

  Result<bool> copy_blob(const NeededBlob& blob) {
    const std::string hex = blob.digest.hex();
    const std::string source = folder_of(from_, hex) + "/" + hex;
    const std::string target = folder_of(to_, hex) + "/" + hex;
    SITEPOD_TRY(make_directories(folder_of(to_, hex), kFolderMode));
    if (::access(source.c_str(), F_OK) != 0) return fetch_blob(blob, target);
    const bool is_linked =
        sharing_ == Sharing::LinkWhenPossible && (::link(source.c_str(), target.c_str()) == 0 || errno == EEXIST);
    if (!is_linked) SITEPOD_TRY(copy_hashed(source, target, blob.digest));
    ++copied_.blobs;
    copied_.bytes += blob.size;
    if (is_linked) ++copied_.linked;
    return true;
  }

  // From the bucket, when there is one. False: it is gone.
  Result<bool> fetch_blob(const NeededBlob& blob, const std::string& target) {
    if (!blobs_) blobs_ = SITEPOD_TRY(open_blobs_for_reading(from_));
    if (!SITEPOD_TRY(blobs_->find_size(blob.digest))) return false;
    // An attempt before may have linked it to a file that the server still has open.
    SITEPOD_TRY(remove_file(target));
    const UniqueFd out = SITEPOD_TRY(open_file(target, O_WRONLY | O_CREAT | O_EXCL, 0440));
    SITEPOD_TRY_WITH(
        blobs_->read_pieces(blob.digest, [&](std::string_view piece) { return write_all(out.get(), piece); }),
        "copying to " + target);
    ++copied_.blobs;
    copied_.bytes += blob.size;
    return true;
  }

  // Everything is on the disk before the database gets the name that makes this a backup.
  Result<void> finish() {
    const UniqueFd folder = SITEPOD_TRY(open_file(to_, O_RDONLY | O_DIRECTORY));
    if (::syncfs(folder.get()) != 0) return from_errno(errno, "syncfs " + to_);
    SITEPOD_TRY(remove_file(partial() + "-stamp"));
    if (std::rename(partial().c_str(), database().c_str()) != 0) return from_errno(errno, "rename " + partial());
    return sync_directory(to_);
  }

  const std::string from_;
  const std::string to_;
  const Sharing sharing_;
  std::unique_ptr<blob::BlobStore> blobs_;  // of `from_`, once a blob is not in its folder
  CopiedStore copied_;
};

}  // namespace

Result<CopiedStore> back_up(const std::string& data_dir, const std::string& to) {
  return StoreCopy(data_dir, to, Sharing::LinkWhenPossible).run();
}

Result<CopiedStore> restore(const std::string& from, const std::string& data_dir) {
  return StoreCopy(from, data_dir, Sharing::Never).run();
}

}  // namespace sitepod::app
