#include "app/blob_folder.hpp"

#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "app/config.hpp"
#include "app/environment.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "blob/bucket_store.hpp"
#include "blob/disk_store.hpp"
#include "http/authority.hpp"

namespace sitepod::app {
namespace {

constexpr std::uint64_t kMaxNoteBytes = 64u << 10;

// Secrets stay out of it.
std::string note_of(const ServerConfig& config) {
  return fmt::format(
      "# The blobs of this folder are in this bucket. Written by sitepod, which compares it with its settings at every "
      "start.\n"
      "[storage]\ntype = \"{}\"\n[storage.s3]\nbucket = \"{}\"\nregion = \"{}\"\n{}",
      config.storage_type, config.bucket.name, config.bucket.region,
      config.bucket.endpoint.empty() ? "" : fmt::format("endpoint = \"{}\"\n", config.bucket.endpoint));
}

Result<std::optional<std::string>> read_note(const std::string& data_dir) {
  const std::string path = data_dir + std::string(kBucketFile);
  if (::access(path.c_str(), F_OK) != 0) return std::optional<std::string>();
  return std::optional(SITEPOD_TRY(read_file(path, kMaxNoteBytes)));
}

LoadedConfig load_note(const std::string& data_dir, const std::string& note, Environment environment) {
  // What else the environment sets is not about the folder.
  const auto credentials = [environment = std::move(environment)](std::string_view name) {
    const bool is_credential =
        name.starts_with("AWS_") || name.ends_with("_ACCESS_KEY") || name.ends_with("_SECRET_KEY");
    return is_credential ? environment(name) : std::nullopt;
  };
  return load_config({{}, credentials, {{data_dir + std::string(kBucketFile), note}}});
}

std::string place_of_note(const std::string& data_dir, const std::string& note) {
  return load_note(data_dir, note, [](std::string_view) { return std::optional<std::string>("unknown"); })
      .config.bucket.place();
}

// The bucket of a note and who may use it.
Result<blob::BucketSettings> load_bucket(const std::string& data_dir, const std::string& note) {
  LoadedConfig loaded = load_note(data_dir, note, SITEPOD_TRY(read_environment()));
  if (!loaded.problems.empty())
    return invalid_request("The blobs of " + data_dir + " are in the bucket " + loaded.config.bucket.place() + ": " +
                           loaded.problems.front() + ".");
  return std::move(loaded.config.bucket);
}

Error other_bucket(const ServerConfig& config, const std::string& note) {
  const std::string noted = place_of_note(config.data_dir, note);
  if (config.storage_type == "local")
    return conflict(
        "The blobs of " + config.data_dir + " are in the bucket " + noted +
        ": set storage.type and storage.s3 to it; or let `sitepod backup` bring everything into one folder, "
        "and start on a copy of that.");
  return conflict("The blobs of " + config.data_dir + " are in the bucket " + noted + ", not in " +
                  config.bucket.place() +
                  ": mend storage.s3; or copy all of its objects to the new bucket and remove " + config.data_dir +
                  std::string(kBucketFile) + ".");
}

// Clients elsewhere would look for the bucket on their own machine.
void warn_of_local_uploads(const blob::BucketSettings& bucket) {
  const std::string& address = bucket.public_endpoint.empty() ? bucket.endpoint : bucket.public_endpoint;
  if (!bucket.takes_uploads || address.empty()) return;
  const std::string_view authority = std::string_view(address).substr(address.find("//") + 2);
  if (!http::is_loopback_host(http::find_host(authority))) return;
  log::warn(
      "clients are told to upload to an address that only this machine has; set storage.s3.public_endpoint, or "
      "storage.s3.uploads = \"direct\"",
      {{"address", address}});
}

// Empty: there is none.
Result<std::string> read_server_id(const std::string& data_dir) {
  const std::string path = data_dir + std::string(kServerIdFile);
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return std::string();
  std::string id = SITEPOD_TRY(read_file(path, kMaxNoteBytes));
  while (id.ends_with('\n')) id.pop_back();
  return id;
}

// On the disk before the bucket has it.
Result<std::string> load_server_id(const std::string& data_dir) {
  std::string id = SITEPOD_TRY(read_server_id(data_dir));
  if (!id.empty()) return id;
  id = random_id("srv_");
  SITEPOD_TRY(replace_file(data_dir + std::string(kServerIdFile), id + "\n", 0640));
  return id;
}

// A bucket that cannot be asked is one for later, where the folder is known to be in it.
Result<void> settle_claim(blob::BucketStore& store, const ServerConfig& config, Result<void> usable, bool is_known) {
  const blob::BucketClaim claim{SITEPOD_TRY(load_server_id(config.data_dir)), config.domain, config.bucket_take_over};
  store.expect_claim(claim);
  Result<void> outcome = usable.ok() ? store.prove_claim() : std::move(usable);
  if (outcome.ok()) return outcome;
  Error& error = outcome.error();
  if (!is_known || error.kind != ErrorKind::Unavailable) {
    // What is said where the process ends is the context.
    if (error.context.empty()) error.context = error.message;
    return std::move(error).with("storage");
  }
  log::error("the bucket cannot be reached: only what is on this machine is served, and nothing is stored",
             {{"bucket", config.bucket.place()}, {"cause", error.context}});
  return {};
}

}  // namespace

Result<std::unique_ptr<blob::BlobStore>> open_blobs(const ServerConfig& config) {
  using blob::BucketStore;
  const std::optional<std::string> note = SITEPOD_TRY(read_note(config.data_dir));
  const bool is_local = config.storage_type == "local";
  if (note && (is_local || *note != note_of(config))) return other_bucket(config, *note);
  if (is_local) return blob::BlobStore::open_on_disk(config.data_dir);

  auto store = SITEPOD_TRY(BucketStore::open(config.data_dir, config.bucket,
                                             note ? BucketStore::Folder::OfThisBucket : BucketStore::Folder::IsNew));
  SITEPOD_TRY(settle_claim(*store, config, store->check(), note.has_value()));
  warn_of_local_uploads(config.bucket);
  if (!note) SITEPOD_TRY(replace_file(config.data_dir + std::string(kBucketFile), note_of(config), 0640));
  return std::unique_ptr<blob::BlobStore>(std::move(store));
}

Result<std::unique_ptr<blob::BlobStore>> open_blobs_for_reading(const std::string& data_dir) {
  const std::optional<std::string> note = SITEPOD_TRY(read_note(data_dir));
  if (!note) return std::unique_ptr<blob::BlobStore>(SITEPOD_TRY(blob::DiskStore::open_for_reading(data_dir)));
  blob::BucketSettings settings = SITEPOD_TRY(load_bucket(data_dir, *note));
  return std::unique_ptr<blob::BlobStore>(
      SITEPOD_TRY(blob::BucketStore::open_for_reading(data_dir, std::move(settings))));
}

std::optional<BucketFinding> examine_bucket_of(const std::string& data_dir) {
  const auto note = read_note(data_dir);
  if (!note.ok()) return BucketFinding{data_dir + std::string(kBucketFile), note.error()};
  if (!*note) return std::nullopt;
  BucketFinding finding{place_of_note(data_dir, **note), Result<void>()};
  finding.usable = [&]() -> Result<void> {
    blob::BucketSettings settings = SITEPOD_TRY(load_bucket(data_dir, **note));
    const auto store = SITEPOD_TRY(blob::BucketStore::open_for_reading(data_dir, std::move(settings)));
    const auto begin = std::chrono::steady_clock::now();
    SITEPOD_TRY(store->check());
    finding.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    finding.spool = SITEPOD_TRY(store->measure_spool());
    finding.owner = SITEPOD_TRY(store->find_owner());
    finding.server = SITEPOD_TRY(read_server_id(data_dir));
    return {};
  }();
  return finding;
}

}  // namespace sitepod::app
