#include "deploy/purger.hpp"

#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "base/log.hpp"
#include "deploy/deployer_state.hpp"
#include "deploy/removal.hpp"
#include "identity/audit.hpp"
#include "meta/media.hpp"
#include "model/manifest.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::uint64_t kMaxManifestBytes = 1ull << 30;
constexpr std::int64_t kImagesPerPage = 500;
// Uploads and commits that use the bytes right now end by themselves.
constexpr std::chrono::milliseconds kPatience{10'000};

std::string cause_of(const Error& error) { return error.context.empty() ? error.message : error.context; }

// However a purge ends, nobody goes on serving these bytes from memory.
class Forgetting {
 public:
  explicit Forgetting(const PurgeHooks& hooks) : hooks_(hooks) {}
  ~Forgetting() { hooks_.forget_cached(std::move(blobs)); }
  Forgetting(const Forgetting&) = delete;
  Forgetting& operator=(const Forgetting&) = delete;
  std::vector<Digest> blobs;

 private:
  const PurgeHooks& hooks_;
};

Result<model::Manifest> read_manifest(const blob::BlobStore& blobs, const Digest& manifest) {
  const std::string bytes = SITEPOD_TRY(blobs.read_verified(manifest, kMaxManifestBytes));
  return model::Manifest::from_bytes(bytes);
}

// Everything that an image consists of: its manifest, its files and their encodings.
Result<std::vector<Digest>> list_blobs_of(meta::MetaStore& meta, const blob::BlobStore& blobs, const Digest& manifest) {
  std::vector<Digest> all = {manifest};
  const model::Manifest files = SITEPOD_TRY(read_manifest(blobs, manifest));
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Digest file = files.at(i).blob;
    all.push_back(file);
    const auto variants =
        SITEPOD_TRY(meta.read([&](meta::Session& session) { return meta::find_variants(session, file); }));
    for (const meta::Variant& variant : variants)
      if (variant.size > 0) all.push_back(variant.blob);
  }
  return all;
}

// How bytes can be shown: as a file or as an encoding of one, in images and among the media of projects.
struct Uses {
  std::unordered_set<Digest, DigestHash> files;
  std::set<std::string> media_projects;
};
Result<Uses> find_uses(meta::MetaStore& meta, const Digest& blob) {
  return meta.read([&](meta::Session& session) -> Result<Uses> {
    Uses uses;
    uses.files.insert(blob);
    for (const meta::Variant& variant : SITEPOD_TRY(meta::find_variants_made(session, blob)))
      uses.files.insert(variant.source);
    for (const Digest& file : uses.files)
      for (std::string& project : SITEPOD_TRY(meta::list_projects_with_media(session, file)))
        uses.media_projects.insert(std::move(project));
    return uses;
  });
}

}  // namespace

Purger::Purger(meta::MetaStore& meta, blob::BlobStore& blobs, Collector& collector, PurgeHooks hooks)
    : meta_(meta), blobs_(blobs), collector_(collector), hooks_(std::move(hooks)) {}

// ---- images
// --------------------------------------------------------------------------------------------------------------
Result<PurgeReport> Purger::purge_image(const identity::Caller& caller, std::string_view image_id, std::string reason,
                                        Instant now) {
  const std::lock_guard lock(one_at_a_time_);
  Result<meta::PurgedImage> deleted = meta_.write([&](meta::Session& session) -> Result<meta::PurgedImage> {
    const std::optional<meta::Image> image = SITEPOD_TRY(meta::find_image(session, image_id));
    if (!image) {
      if (const auto purged = SITEPOD_TRY(meta::find_purged_image(session, image_id)))
        return image_purged(caller, *purged);
      return image_not_found();
    }
    const meta::Project project = SITEPOD_TRY(load_project_of(session, caller, {"", image->project_id}));
    const auto live = SITEPOD_TRY(meta::list_environments_showing(session, image->id));
    if (!live.empty())
      return conflict("The image is live in \"" + live.front() + "\"; release another one there first.");
    SITEPOD_TRY(meta::delete_image(session, image->id));
    meta::PurgedImage purged{image->id, project.id, project.owner_id, reason, caller.account_id, now, image->manifest};
    SITEPOD_TRY(meta::insert_purged_image(session, purged));
    meta::Event event = identity::make_event(caller, "image_purged", project, now);
    event.image_id = image->id;
    event.subject = reason;
    SITEPOD_TRY(meta::insert_event(session, event));
    SITEPOD_TRY(meta::insert_change(session, project.id));
    return purged;
  });
  const meta::PurgedImage purged = SITEPOD_TRY(std::move(deleted));
  log::info("image purged", {{"image", purged.id}, {"project", purged.project_id}, {"account", caller.account_id}});
  return destroy_image(purged, now);
}

// Bytes that a crash leaves behind once the manifest itself is gone go with the next collection: nothing needs them.
Result<PurgeReport> Purger::destroy_image(const meta::PurgedImage& image, Instant now) {
  PurgeReport report;
  Forgetting forgetting(hooks_);
  std::vector<Digest>& candidates = forgetting.blobs;
  if (Result<std::vector<Digest>> listed = list_blobs_of(meta_, blobs_, *image.manifest); listed.ok()) {
    candidates = *std::move(listed);
  } else {
    log::error("files of an image that is purged cannot be listed",
               {{"image", image.id}, {"cause", cause_of(listed.error())}});
    report.errors.push_back("The image's list of files cannot be read: its bytes go with the next collection.");
    candidates = {*image.manifest};
  }
  bool is_finished = publish(image.project_id, report);
  hooks_.forget_image(image.id);
  const CollectReport collected = SITEPOD_TRY(collect(candidates, now, report));
  is_finished = is_finished && collected.errors.empty();
  if (is_finished)
    SITEPOD_TRY(meta_.write([&](meta::Session& session) { return meta::finish_image_purge(session, image.id); }));
  return report;
}

// ---- bytes
// ---------------------------------------------------------------------------------------------------------------
Result<PurgeReport> Purger::purge_blob(const identity::Caller& caller, const Digest& name, std::string reason,
                                       Instant now) {
  const std::lock_guard lock(one_at_a_time_);
  Result<meta::PurgedBlob> tombstone = meta_.write([&](meta::Session& session) -> Result<meta::PurgedBlob> {
    std::optional<meta::Blob> known = SITEPOD_TRY(meta::find_blob(session, name));
    if (SITEPOD_TRY(meta::is_manifest(session, name)))
      return conflict("These bytes are an image's list of files; purge the image instead.");
    if (!known) known = SITEPOD_TRY(meta::find_blob_by_blake3(session, name));
    // Bytes that were never here can be kept out, too, by their SHA-256.
    const meta::Blob blob = known.value_or(meta::Blob{name, {}, 0, ""});
    meta::PurgedBlob purged{blob.sha256, blob.blake3, reason, caller.account_id, now};
    SITEPOD_TRY(meta::insert_purged_blob(session, purged));
    meta::Event event = identity::make_event(caller, "blob_purged", now);
    event.subject = blob.sha256.hex() + (reason.empty() ? "" : ": " + reason);
    SITEPOD_TRY(meta::insert_event(session, event));
    return purged;
  });
  const meta::PurgedBlob purged = SITEPOD_TRY(std::move(tombstone));
  log::warn("blob purged", {{"blob", purged.sha256.hex()}, {"account", caller.account_id}});
  return destroy_blob(purged, now);
}

// From the tombstone on nobody can bring the bytes back, and an index that is made anew does not name them: what is
// left is to take them from where they are. Every step may be repeated.
Result<PurgeReport> Purger::destroy_blob(const meta::PurgedBlob& blob, Instant now) {
  PurgeReport report;
  Forgetting forgetting(hooks_);
  forgetting.blobs = {blob.sha256};
  const std::vector<Digest> encodings = SITEPOD_TRY(
      meta_.read([&](meta::Session& session) { return meta::list_purged_encodings(session, blob.sha256); }));
  forgetting.blobs.insert(forgetting.blobs.end(), encodings.begin(), encodings.end());
  const bool is_hidden = SITEPOD_TRY(rebuild_images_with(blob.sha256, report));
  const bool is_destroyed =
      SITEPOD_TRY(destroy_named(blob, report)) && SITEPOD_TRY(destroy_encodings(encodings, now, report));
  if (is_hidden && is_destroyed)
    SITEPOD_TRY(meta_.write([&](meta::Session& session) { return meta::finish_purge(session, blob.sha256, now); }));
  return report;
}

// Reads every manifest: purging is rare. Paths of purged bytes answer 410 once their image's index was made anew.
// False: a site could not be published.
Result<bool> Purger::rebuild_images_with(const Digest& blob, PurgeReport& report) {
  const Uses uses = SITEPOD_TRY(find_uses(meta_, blob));
  std::set<std::string> projects = uses.media_projects;
  for (std::int64_t seq = 0;;) {
    const auto images = SITEPOD_TRY(
        meta_.read([&](meta::Session& session) { return meta::list_images_after(session, seq, kImagesPerPage); }));
    for (const meta::Image& image : images) {
      const Result<model::Manifest> manifest = read_manifest(blobs_, image.manifest);
      if (!manifest.ok()) {
        log::error("an image's list of files cannot be read",
                   {{"image", image.id}, {"cause", cause_of(manifest.error())}});
        report.errors.push_back("The list of files of " + image.id + " cannot be read.");
      }
      // Who cannot be asked is taken for affected: the bytes go all the same, and an index that still names them would
      // answer 500 for ever. An index has its site's media, too.
      bool is_affected = !manifest.ok() || uses.media_projects.contains(image.project_id);
      for (std::size_t i = 0; !is_affected && i < manifest->size(); ++i)
        is_affected = uses.files.contains(manifest->at(i).blob);
      if (!is_affected) continue;
      ++report.affected_images;
      hooks_.forget_image(image.id);
      projects.insert(image.project_id);
    }
    if (images.size() < static_cast<std::size_t>(kImagesPerPage)) break;
    seq = images.back().seq;
  }
  bool is_published = true;
  for (const std::string& project : projects) is_published &= publish(project, report);
  return is_published;
}

// False: somebody uses them right now, or a file could not be removed.
Result<bool> Purger::destroy_named(const meta::PurgedBlob& blob, PurgeReport& report) {
  std::vector<Digest> names = {blob.sha256};
  if (blob.blake3 != Digest()) names.push_back(blob.blake3);
  const auto held = blobs_.leases().hold_when_free(names, kPatience);
  if (!held) {
    report.errors.push_back("The bytes are in use by an upload or a commit; the purge goes on within the hour.");
    return false;
  }
  const meta::Blob gone{blob.sha256, blob.blake3, SITEPOD_TRY(blobs_.find_size(blob.sha256)).value_or(0), ""};
  const Removed removed = SITEPOD_TRY(remove_held(meta_, blobs_, std::span(&gone, 1)));
  report.deleted_blobs += removed.blobs;
  report.freed_bytes += removed.bytes;
  if (removed.failed_files > 0) report.errors.push_back("A file could not be removed; see the log.");
  SITEPOD_TRY(blobs_.erase_quarantined(std::span(&blob.sha256, 1)));
  return removed.failed_files == 0;
}

// Somebody may have uploaded the very bytes that encode these as a file of his own: only what nothing needs goes, and
// nothing at all while it cannot be told what is needed. False: some are left that may have to go.
Result<bool> Purger::destroy_encodings(const std::vector<Digest>& encodings, Instant now, PurgeReport& report) {
  if (encodings.empty()) return true;
  const CollectReport collected = SITEPOD_TRY(collect(encodings, now, report));
  const bool is_left = collected.total_blobs > collected.referenced_blobs + collected.deleted_blobs;
  if (is_left) report.errors.push_back("An encoding of the bytes is in use; the purge goes on within the hour.");
  return !is_left && collected.errors.empty();
}

Result<void> Purger::lift(const identity::Caller& caller, const Digest& sha256, Instant now) {
  const std::lock_guard lock(one_at_a_time_);
  return meta_.write([&](meta::Session& session) -> Result<void> {
    if (!SITEPOD_TRY(meta::lift_purged_blob(session, sha256, now)))
      return not_found("not_found", "These bytes were not purged.");
    meta::Event event = identity::make_event(caller, "blob_purge_lifted", now);
    event.subject = sha256.hex();
    SITEPOD_TRY(meta::insert_event(session, event));
    return {};
  });
}

// ---- both
// ----------------------------------------------------------------------------------------------------------------
// Those of the bytes that nothing needs, wherever they are.
Result<CollectReport> Purger::collect(const std::vector<Digest>& candidates, Instant now, PurgeReport& report) {
  CollectReport collected = collector_.collect_only(candidates, now);
  report.deleted_blobs += collected.deleted_blobs;
  report.kept_blobs += collected.total_blobs - collected.deleted_blobs;
  report.freed_bytes += collected.freed_bytes;
  report.errors.insert(report.errors.end(), collected.errors.begin(), collected.errors.end());
  // Files whose rows went before a crash.
  SITEPOD_TRY(remove_orphans(meta_, blobs_, candidates));
  std::vector<Digest> gone;
  for (const Digest& blob : candidates)
    if (!SITEPOD_TRY(blobs_.find_size(blob))) gone.push_back(blob);
  SITEPOD_TRY(blobs_.erase_quarantined(gone));
  return collected;
}

bool Purger::publish(const std::string& project_id, PurgeReport& report) {
  const Result<void> published = hooks_.publish_project(project_id);
  if (published.ok()) return true;
  log::error("a project with purged bytes could not be published",
             {{"project", project_id}, {"cause", cause_of(published.error())}});
  report.errors.push_back("A site with these bytes could not be published anew; see the log.");
  return false;
}

Result<void> Purger::resume_unfinished(Instant now) {
  const std::lock_guard lock(one_at_a_time_);
  struct Unfinished {
    std::vector<meta::PurgedImage> images;
    std::vector<meta::PurgedBlob> blobs;
  };
  Result<Unfinished> found = meta_.read([](meta::Session& session) -> Result<Unfinished> {
    return Unfinished{SITEPOD_TRY(meta::list_unfinished_image_purges(session)),
                      SITEPOD_TRY(meta::list_unfinished_purges(session))};
  });
  const Unfinished unfinished = SITEPOD_TRY(std::move(found));
  for (const meta::PurgedImage& image : unfinished.images) {
    const PurgeReport report = SITEPOD_TRY(destroy_image(image, now));
    log::info("went on with the purge of an image", {{"image", image.id}, {"errors", report.errors.size()}});
  }
  for (const meta::PurgedBlob& blob : unfinished.blobs) {
    const PurgeReport report = SITEPOD_TRY(destroy_blob(blob, now));
    log::info("went on with a purge", {{"blob", blob.sha256.hex()}, {"errors", report.errors.size()}});
  }
  return {};
}

}  // namespace sitepod::deploy
