// From files that the server made to an image. Most of them are those of the newest image, which the BuildUpload knows;
// only the others are looked for one by one.
#include <algorithm>
#include <unordered_set>

#include "base/log.hpp"
#include "base/random.hpp"
#include "deploy/build_upload.hpp"
#include "deploy/deployer_state.hpp"
#include "identity/audit.hpp"
#include "model/names.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kRowsPerWrite = 1000;

class BuildImage {
 public:
  BuildImage(Deployer::State& state, const BuildCommit& build, Instant now) : state_(state), build_(build), now_(now) {}

  // The manifest; its blob and all that it names are in the store.
  Result<void> store() {
    upload_ = build_.upload ? build_.upload : SITEPOD_TRY(BuildUpload::open(state_, build_.project));
    SITEPOD_TRY(name_files());
    SITEPOD_TRY(find_others());
    for (std::size_t i = 0; i < build_.files.size(); ++i) SITEPOD_TRY(add(build_.files[i], is_known_[i]));
    SITEPOD_TRY(manifest_.seal());
    const std::string bytes = manifest_.to_bytes();
    blob::Incoming incoming = SITEPOD_TRY(state_.blobs.receive(bytes.size()));
    SITEPOD_TRY(incoming.write(std::as_bytes(std::span(bytes))));
    manifest_blob_ = incoming.finish();
    lease_.add(manifest_blob_.sha256);
    return incoming.keep();
  }

  // The barrier comes before every row that says "durable". The last rows of a build, of one changed text all of them,
  // are left to record_rest(), in the transaction that writes the image.
  Result<void> make_durable() {
    std::vector<Digest> barrier{manifest_blob_.sha256};
    std::span<const blob::StoredBlob> stored = upload_->stored();
    for (const blob::StoredBlob& blob : stored) barrier.push_back(blob.sha256);
    SITEPOD_TRY_WITH(state_.blobs.make_durable(barrier), "committing a build of " + build_.project.name);
    for (; stored.size() > kRowsPerWrite; stored = stored.subspan(kRowsPerWrite))
      SITEPOD_TRY(
          state_.meta.write([&](meta::Session& session) { return record(session, stored.first(kRowsPerWrite)); }));
    unrecorded_ = stored;
    return {};
  }

  // Requires: make_durable() has passed.
  Result<void> record_rest(meta::Session& session) const {
    SITEPOD_TRY(record(session, unrecorded_));
    SITEPOD_TRY(
        meta::upsert_blob(session, {manifest_blob_.sha256, manifest_blob_.blake3, manifest_blob_.size, ""}, now_));
    return meta::mark_blob_durable(session, manifest_blob_.sha256);
  }

  meta::Image image() const {
    meta::Image made;
    made.id = random_id("img_");
    made.project_id = build_.project.id;
    made.manifest = manifest_blob_.sha256;
    made.file_count = manifest_.size();
    made.total_size = manifest_.total_size();
    made.message = build_.message;
    made.created_at = now_;
    made.encoding_state = Encoder::first_state(may_encode_any_);
    made.source = "build";
    return made;
  }

  const blob::StoredBlob& manifest_blob() const { return manifest_blob_; }
  model::Manifest take_manifest() { return std::move(manifest_); }
  void note_image(const std::string& id) { upload_->note_image(id); }

 private:
  Result<void> name_files() {
    std::vector<Digest> names;
    names.reserve(build_.files.size());
    std::size_t path_bytes = 0;
    for (const MadeFile& file : build_.files) {
      names.push_back(file.blob);
      path_bytes += file.path.size();
      if (file.bytes) SITEPOD_TRY(upload_->take(*file.bytes, file.blob));
    }
    manifest_.reserve(build_.files.size(), path_bytes);
    lease_ = state_.blobs.leases().begin();
    return upload_->keep(std::move(names));
  }

  // What is neither the newest image's nor new: of earlier images, or the owner's media.
  Result<void> find_others() {
    std::vector<Digest> names;
    is_known_.reserve(build_.files.size());
    for (const MadeFile& file : build_.files) {
      is_known_.push_back(upload_->has(file.blob));
      if (!is_known_.back()) names.push_back(file.blob);
    }
    if (names.empty()) return {};
    return state_.meta.read([&](meta::Session& session) -> Result<void> {
      return meta::find_blobs_of_account(session, build_.project.owner_id, names,
                                         [&](std::size_t position, const meta::Blob& blob) {
                                           if (blob.staged_by.empty()) others_.insert(names[position]);
                                         });
    });
  }

  Result<void> add(const MadeFile& file, bool is_known) {
    const std::string_view path = SITEPOD_TRY(model::parse_manifest_path(file.path));
    if (!is_known) SITEPOD_TRY(check_other(file));
    const model::ManifestEntry entry{path, file.blob, file.size, file.media_type};
    may_encode_any_ = may_encode_any_ || state_.encoder.may_encode(entry);
    manifest_.add(entry);
    return {};
  }

  Result<void> check_other(const MadeFile& file) const {
    const bool is_there = SITEPOD_TRY(state_.blobs.find_size(file.blob)) == file.size;
    if (file.origin == MadeFile::Origin::Build) {
      if (is_there && others_.contains(file.blob)) return {};
      return Error{ErrorKind::Unavailable, kBuiltFileLost, "A built file is not there any more.", file.path, {}};
    }
    // A path of purged bytes stays and answers 410, as in the images of before.
    if (!is_there && !SITEPOD_TRY(was_purged(file.blob))) return internal("the blob of " + file.path + " is missing");
    return {};
  }

  Result<bool> was_purged(const Digest& blob) const {
    const auto purged =
        SITEPOD_TRY(state_.meta.read([&](meta::Session& session) { return meta::find_purged_blob(session, blob); }));
    return purged.has_value();
  }

  Result<void> record(meta::Session& session, std::span<const blob::StoredBlob> blobs) const {
    for (const blob::StoredBlob& blob : blobs) {
      if (SITEPOD_TRY(meta::is_purged_blob(session, blob.sha256))) return purged_content();
      SITEPOD_TRY(meta::upsert_blob(session, {blob.sha256, blob.blake3, blob.size, ""}, now_));
      SITEPOD_TRY(meta::mark_blob_durable(session, blob.sha256));
      SITEPOD_TRY(meta::grant_blob(session, build_.project.owner_id, blob.sha256));
    }
    return {};
  }

  Deployer::State& state_;
  const BuildCommit& build_;
  const Instant now_;
  blob::BlobLeases::Lease lease_;
  std::shared_ptr<BuildUpload> upload_;
  std::vector<bool> is_known_;                     // of each file: the newest image's, or new
  std::unordered_set<Digest, DigestHash> others_;  // durable and the owner's
  model::Manifest manifest_;
  bool may_encode_any_ = false;
  blob::StoredBlob manifest_blob_;
  std::span<const blob::StoredBlob> unrecorded_;  // durable, without rows
};

// An image with this manifest that needs none made: what the environment shows, or the newest one, which an earlier run
// may have made before it ended. The same files, uploaded, are another image: their rules have no effect.
struct MadeBefore {
  meta::Image image;
  bool is_live = false;
};
Result<std::optional<MadeBefore>> find_made(Deployer::State& state, const BuildCommit& build, const Digest& manifest) {
  const auto is_it = [&](const meta::Image& image) { return image.manifest == manifest && image.source == "build"; };
  return state.meta.read([&](meta::Session& session) -> Result<std::optional<MadeBefore>> {
    if (const auto shown = SITEPOD_TRY(meta::find_environment(session, build.project.id, build.environment)))
      if (auto image = SITEPOD_TRY(meta::find_image(session, shown->image_id)); image && is_it(*image))
        return std::optional(MadeBefore{*std::move(image), true});
    auto newest = SITEPOD_TRY(meta::find_newest_image(session, build.project.id));
    if (newest && is_it(*newest)) return std::optional(MadeBefore{*std::move(newest), false});
    return std::optional<MadeBefore>();
  });
}

}  // namespace

Encoder::Pause Deployer::pause_encodings() { return Encoder::Pause(state_->encoder); }

Result<std::shared_ptr<BuildUpload>> Deployer::open_build(const meta::Project& project) {
  return BuildUpload::open(*state_, project);
}

Result<BuildCommitted> Deployer::commit_build(const identity::Caller& caller, const BuildCommit& build, Instant now) {
  State& state = *state_;
  SITEPOD_TRY(identity::check_may_use_project(caller, build.project));
  BuildImage made(state, build, now);
  SITEPOD_TRY(made.store());
  if (auto earlier = SITEPOD_TRY(find_made(state, build, made.manifest_blob().sha256)))
    return BuildCommitted{std::move(earlier->image), earlier->is_live, made.take_manifest()};
  SITEPOD_TRY(made.make_durable());
  const meta::Image image = made.image();
  Result<meta::Image> written = state.meta.write([&](meta::Session& session) -> Result<meta::Image> {
    if (!SITEPOD_TRY(meta::find_project(session, build.project.id))) return project_not_found();
    SITEPOD_TRY(made.record_rest(session));
    meta::Image inserted = SITEPOD_TRY(meta::insert_image(session, image));
    meta::Event event = identity::make_event(caller, "image_committed", now);
    event.account_id = build.project.owner_id;
    event.subject = build.project.name;
    event.image_id = inserted.id;
    SITEPOD_TRY(meta::insert_event(session, event));
    return inserted;
  });
  BuildCommitted committed{SITEPOD_TRY(std::move(written)), false, made.take_manifest()};
  made.note_image(committed.image.id);
  log::info("image committed",
            {{"image", committed.image.id}, {"project", build.project.name}, {"files", committed.image.file_count}});
  // The image is committed whatever becomes of its encodings: they are made again in the background.
  if (auto encoded = state.encoder.encode_early(committed.image); !encoded.ok())
    log::warn("early encoding failed", {{"image", committed.image.id}, {"cause", encoded.error().context}});
  state.encoder.wake();
  return committed;
}

}  // namespace sitepod::deploy
