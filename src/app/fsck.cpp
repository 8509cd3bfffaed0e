#include "app/fsck.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "app/blob_folder.hpp"
#include "app/data_folder.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "blob/blob_store.hpp"
#include "meta/collection.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"
#include "model/manifest.hpp"
#include "publish/boot_log.hpp"

namespace sitepod::app {
namespace {

constexpr std::uint64_t kMaxManifestBytes = 1ull << 30;
constexpr std::uint64_t kMaxBootLogBytes = 1ull << 32;
constexpr std::int64_t kTemporaryFileLifeSeconds = 3600;

std::string reason_of(const Error& error) { return error.context.empty() ? error.message : error.context; }

// One run over one folder: collects what it finds in `report`.
class Checker {
 public:
  Checker(const std::string& data_dir, Instant now) : data_dir_(data_dir), now_(now) {}

  Result<FsckReport> run() {
    // First of all: opening a store may sweep its temporary files.
    check_temporary_files();
    check_boot_log();
    auto meta = open_database();
    if (!meta) return std::move(report_);
    blobs_ = SITEPOD_TRY(open_blobs_for_reading(data_dir_));
    SITEPOD_TRY(find_purged_blobs(*meta));
    SITEPOD_TRY(check_images(*meta));
    SITEPOD_TRY(check_environments(*meta));
    SITEPOD_TRY(check_durable_blobs(*meta));
    return std::move(report_);
  }

 private:
  void found(std::string check, std::string subject, std::string problem) {
    report_.problems.push_back({std::move(check), std::move(subject), std::move(problem)});
  }

  void check_temporary_files() {
    std::error_code failure;
    std::filesystem::directory_iterator entry(data_dir_ + "/tmp", failure);
    for (std::filesystem::directory_iterator end; !failure && entry != end; entry.increment(failure)) {
      struct stat info {};
      if (::lstat(entry->path().c_str(), &info) != 0) continue;  // it has just gone
      std::int64_t age = now_.unix_seconds() - info.st_mtim.tv_sec;
      if (age > kTemporaryFileLifeSeconds)
        found("I5", "tmp/" + entry->path().filename().string(),
              fmt::format("temporary file is {} minutes old", age / 60));
    }
  }

  void check_boot_log() {
    std::string path = data_dir_ + "/boot.log";
    if (::access(path.c_str(), F_OK) != 0) return;
    auto bytes = read_file(path, kMaxBootLogBytes);
    if (!bytes.ok()) return found("boot-log", "boot.log", reason_of(bytes.error()));
    auto content = publish::replay_boot_log(*bytes);
    // A torn tail is what a crash leaves; damage before it is not.
    std::uint64_t tail = bytes->size() - content.valid_bytes;
    if (content.damaged_bytes > tail)
      found("boot-log", "boot.log", fmt::format("{} bytes in the middle are damaged", content.damaged_bytes - tail));
  }

  std::unique_ptr<meta::MetaStore> open_database() {
    std::string path = data_dir_ + std::string(kDatabaseFile);
    if (::access(path.c_str(), F_OK) != 0) return found("database", "sitepod.db", "there is no database"), nullptr;
    auto meta = meta::MetaStore::open_sqlite(path);
    if (!meta.ok()) return found("database", "sitepod.db", reason_of(meta.error())), nullptr;
    if (auto sound = (*meta)->check_integrity(); !sound.ok()) found("database", "sitepod.db", reason_of(sound.error()));
    return std::move(*meta);
  }

  Result<void> find_purged_blobs(meta::MetaStore& meta) {
    return meta.read([&](meta::Session& session) {
      return meta::each_purged_blob(session, [&](const meta::PurgedBlob& blob) { purged_.insert(blob.sha256); });
    });
  }

  Result<void> check_images(meta::MetaStore& meta) {
    std::vector<meta::Image> images;
    SITEPOD_TRY(meta.read([&](meta::Session& session) {
      return meta::each_image(session, [&](const meta::Image& image) {
        images.push_back(image);
        return true;
      });
    }));
    for (const meta::Image& image : images) {
      ++report_.images;
      if (is_complete(image)) complete_images_.insert(image.id);
      project_of_image_.emplace(image.id, image.project_id);
    }
    return {};
  }

  bool is_complete(const meta::Image& image) {
    std::string subject = "image " + image.id;
    auto bytes = blobs_->read_verified(image.manifest, kMaxManifestBytes);
    if (!bytes.ok()) return found("I4", subject, "manifest: " + reason_of(bytes.error())), false;
    auto manifest = model::Manifest::from_bytes(*bytes);
    if (!manifest.ok()) return found("I4", subject, "manifest: " + reason_of(manifest.error())), false;
    if (manifest->size() != image.file_count)
      found("I4", subject,
            fmt::format("the manifest has {} files, the row says {}", manifest->size(), image.file_count));
    bool complete = true;
    for (std::size_t i = 0; i < manifest->size(); ++i) {
      model::ManifestEntry entry = manifest->at(i);
      std::string problem = check_blob(entry.blob, entry.size);
      if (problem.empty()) continue;
      found("I4", subject, fmt::format("{}: blob {} {}", entry.path, entry.blob.hex(), problem));
      complete = false;
    }
    return complete;
  }

  // Empty: the file is there, has that size, and its bytes have its name. Each file is hashed once.
  std::string check_blob(const Digest& blob, std::uint64_t size) {
    auto asked = blobs_->find_size(blob);
    if (!asked.ok()) return "cannot be looked for: " + reason_of(asked.error());
    const std::optional<std::uint64_t> actual = *asked;
    // Somebody destroyed it on purpose: images go on without it.
    if (!actual) return purged_.contains(blob) ? "" : "is missing";
    if (*actual != size) return fmt::format("has {} bytes instead of {}", *actual, size);
    auto [known, is_new] = verdicts_.try_emplace(blob);
    if (!is_new) return known->second;
    ++report_.blobs;
    report_.bytes += size;
    auto right = blobs_->verify(blob);
    if (!right.ok())
      known->second = "cannot be read: " + reason_of(right.error());
    else if (!*right)
      known->second = "has other bytes than its hash says";
    else
      known->second = find_missing_home(blob);
    return known->second;
  }

  // A copy here is not enough where a bucket keeps the blobs.
  std::string find_missing_home(const Digest& blob) {
    const auto is_there = blobs_->contains(blob);
    if (!is_there.ok()) return "cannot be looked for: " + reason_of(is_there.error());
    return *is_there ? "" : "is not in the bucket";
  }

  Result<void> check_environments(meta::MetaStore& meta) {
    std::vector<meta::Environment> environments;
    SITEPOD_TRY(meta.read([&](meta::Session& session) { return list_all_environments(session, environments); }));
    for (const meta::Environment& environment : environments) {
      ++report_.environments;
      std::string subject = environment.name + " of " + environment.project_id;
      auto project = project_of_image_.find(environment.image_id);
      if (project == project_of_image_.end())
        found("I2", subject, "its image " + environment.image_id + " does not exist");
      else if (project->second != environment.project_id)
        found("I2", subject, "its image " + environment.image_id + " belongs to " + project->second);
      else if (!complete_images_.contains(environment.image_id))
        found("I2", subject, "its image " + environment.image_id + " is not complete");
    }
    return {};
  }

  Result<void> list_all_environments(meta::Session& session, std::vector<meta::Environment>& environments) {
    std::vector<std::string> ids;
    SITEPOD_TRY(meta::each_project_id(session, [&](std::string_view id) { ids.emplace_back(id); }));
    report_.projects = ids.size();
    for (const std::string& id : ids)
      for (meta::Environment& environment : SITEPOD_TRY(meta::list_environments(session, id)))
        environments.push_back(std::move(environment));
    return {};
  }

  Result<void> check_durable_blobs(meta::MetaStore& meta) {
    std::vector<meta::Blob> blobs;
    SITEPOD_TRY(meta.read([&](meta::Session& session) {
      return meta::each_blob(session, [&](const meta::Blob& blob) {
        // What was only staged may be lost in a power cut; it was never promised.
        if (blob.staged_by.empty()) blobs.push_back(blob);
        return true;
      });
    }));
    for (const meta::Blob& blob : blobs)
      if (std::string problem = check_blob(blob.sha256, blob.size); !problem.empty())
        found("I4", "blob " + blob.sha256.hex(), problem);
    return {};
  }

  const std::string& data_dir_;
  const Instant now_;
  FsckReport report_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unordered_set<Digest, DigestHash> purged_;
  std::unordered_map<Digest, std::string, DigestHash> verdicts_;
  std::unordered_set<std::string> complete_images_;
  std::unordered_map<std::string, std::string> project_of_image_;
};

}  // namespace

Result<FsckReport> check_store(const std::string& data_dir, Instant now) { return Checker(data_dir, now).run(); }

}  // namespace sitepod::app
