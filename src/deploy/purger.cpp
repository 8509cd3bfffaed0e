#include "deploy/purger.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "base/log.hpp"
#include "deploy/deployer_state.hpp"
#include "deploy/removal.hpp"
#include "identity/audit.hpp"
#include "model/manifest.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::uint64_t kMaxManifestBytes = 1ull << 30;
constexpr std::int64_t kImagesPerPage = 500;
// Uploads and commits that use the bytes right now end by themselves.
constexpr std::chrono::milliseconds kPatience{10'000};

Result<model::Manifest> read_manifest(const blob::DiskStore& blobs, const meta::Image& image) {
  const std::string bytes = SITEPOD_TRY(blobs.read_verified(image.manifest, kMaxManifestBytes));
  return model::Manifest::from_bytes(bytes);
}

// Everything that the image consists of: its manifest, its files and their encodings.
Result<std::vector<Digest>> list_blobs_of(meta::MetaStore& meta, const blob::DiskStore& blobs,
                                          const meta::Image& image) {
  std::vector<Digest> all = {image.manifest};
  const model::Manifest manifest = SITEPOD_TRY(read_manifest(blobs, image));
  for (std::size_t i = 0; i < manifest.size(); ++i) all.push_back(manifest.at(i).blob);
  const std::size_t files = all.size();
  for (std::size_t i = 1; i < files; ++i) {
    const auto variants =
        SITEPOD_TRY(meta.read([&](meta::Session& session) { return meta::find_variants(session, all[i]); }));
    for (const meta::Variant& variant : variants)
      if (variant.size > 0) all.push_back(variant.blob);
  }
  return all;
}

}  // namespace

Purger::Purger(meta::MetaStore& meta, blob::DiskStore& blobs, Collector& collector, PurgeHooks hooks)
    : meta_(meta), blobs_(blobs), collector_(collector), hooks_(std::move(hooks)) {}

Result<PurgeReport> Purger::purge_image(const identity::Caller& caller, std::string_view image_id, std::string reason,
                                        Instant now) {
  const std::lock_guard lock(one_at_a_time_);
  meta::Project project;
  Result<meta::Image> found = meta_.read([&](meta::Session& session) -> Result<meta::Image> {
    std::optional<meta::Image> image = SITEPOD_TRY(meta::find_image(session, image_id));
    if (!image) {
      if (const auto purged = SITEPOD_TRY(meta::find_purged_image(session, image_id)))
        return image_purged(caller, *purged);
      return image_not_found();
    }
    project = SITEPOD_TRY(load_project_of(session, caller, {"", image->project_id}));
    return *std::move(image);
  });
  const meta::Image image = SITEPOD_TRY(std::move(found));

  PurgeReport report;
  std::vector<Digest> candidates;
  if (Result<std::vector<Digest>> listed = list_blobs_of(meta_, blobs_, image); listed.ok()) {
    candidates = *std::move(listed);
  } else {
    log::error("files of an image that is purged cannot be listed",
               {{"image", image.id}, {"cause", listed.error().context}});
    report.errors.push_back("The image's list of files cannot be read: its bytes go with the next collection.");
  }
  Result<void> deleted = meta_.write([&](meta::Session& session) -> Result<void> {
    const auto live = SITEPOD_TRY(meta::list_environments_showing(session, image.id));
    if (!live.empty())
      return conflict("The image is live in \"" + live.front() + "\"; release another one there first.");
    if (!SITEPOD_TRY(meta::delete_image(session, image.id))) return image_not_found();
    SITEPOD_TRY(
        meta::insert_purged_image(session, {image.id, project.id, project.owner_id, reason, caller.account_id, now}));
    meta::Event event = identity::make_event(caller, "image_purged", project, now);
    event.image_id = image.id;
    event.subject = reason;
    SITEPOD_TRY(meta::insert_event(session, event));
    SITEPOD_TRY(meta::insert_change(session, project.id));
    return {};
  });
  if (!deleted.ok()) return std::move(deleted).error();
  log::info("image purged", {{"image", image.id}, {"project", project.name}, {"account", caller.account_id}});

  SITEPOD_TRY_WITH(hooks_.publish_project(project.id), "publishing after the purge of " + image.id);
  hooks_.forget_image(image.id);
  const CollectReport collected = collector_.collect_only(candidates, now);
  report.deleted_blobs = collected.deleted_blobs;
  report.kept_blobs = collected.total_blobs - collected.deleted_blobs;
  report.freed_bytes = collected.freed_bytes;
  report.errors.insert(report.errors.end(), collected.errors.begin(), collected.errors.end());
  std::vector<Digest> gone;
  for (const Digest& blob : candidates) {
    if (blobs_.find_size(blob)) continue;
    gone.push_back(blob);
  }
  SITEPOD_TRY(blobs_.erase_quarantined(gone));
  hooks_.forget_cached(std::move(gone));
  return report;
}

Result<PurgeReport> Purger::purge_blob(const identity::Caller& caller, const Digest& name, std::string reason,
                                       Instant now) {
  const std::lock_guard lock(one_at_a_time_);
  Result<meta::Blob> purged = meta_.write([&](meta::Session& session) -> Result<meta::Blob> {
    std::optional<meta::Blob> known = SITEPOD_TRY(meta::find_blob(session, name));
    if (SITEPOD_TRY(meta::is_manifest(session, name)))
      return conflict("These bytes are an image's list of files; purge the image instead.");
    if (!known) known = SITEPOD_TRY(meta::find_blob_by_blake3(session, name));
    // Bytes that were never here can be kept out, too, by their SHA-256.
    const meta::Blob blob = known.value_or(meta::Blob{name, {}, 0, ""});
    SITEPOD_TRY(meta::insert_purged_blob(session, {blob.sha256, blob.blake3, reason, caller.account_id, now, {}}));
    meta::Event event = identity::make_event(caller, "blob_purged", now);
    event.subject = blob.sha256.hex() + (reason.empty() ? "" : ": " + reason);
    SITEPOD_TRY(meta::insert_event(session, event));
    return blob;
  });
  const meta::Blob blob = SITEPOD_TRY(std::move(purged));
  log::warn("blob purged", {{"blob", blob.sha256.hex()}, {"account", caller.account_id}});
  PurgeReport report;
  SITEPOD_TRY(destroy(blob, report));
  return report;
}

// From the tombstone on nobody can bring the bytes back: what is left is to take them from where they are.
Result<void> Purger::destroy(const meta::Blob& blob, PurgeReport& report) {
  std::vector<meta::Blob> gone = {blob};
  std::vector<Digest> touched = {blob.sha256};
  Result<void> looked_up = meta_.read([&](meta::Session& session) -> Result<void> {
    for (const meta::Variant& variant : SITEPOD_TRY(meta::find_variants(session, blob.sha256)))
      if (variant.size > 0) gone.push_back({variant.blob, {}, variant.size, ""});
    // Images may offer these bytes as an encoding of another file.
    for (const meta::Blob& each : std::vector(gone))
      for (const meta::Variant& variant : SITEPOD_TRY(meta::find_variants_made(session, each.sha256)))
        touched.push_back(variant.source);
    return {};
  });
  SITEPOD_TRY(std::move(looked_up));

  // Rows first, so that no index made from here on names the encodings.
  std::vector<Digest> names;
  for (const meta::Blob& each : gone) names.push_back(each.sha256);
  Result<void> forgotten = meta_.write([&](meta::Session& session) -> Result<void> {
    for (const Digest& name : names) SITEPOD_TRY(meta::delete_variants_made(session, name));
    return {};
  });
  SITEPOD_TRY(std::move(forgotten));
  const DigestSet files = SITEPOD_TRY(rebuild_images_with(touched, names, report));
  // Somebody may have uploaded the very bytes that encode these as a file of his own.
  std::erase_if(gone,
                [&](const meta::Blob& each) { return each.sha256 != blob.sha256 && files.contains(each.sha256); });
  std::erase_if(names, [&](const Digest& each) { return each != blob.sha256 && files.contains(each); });

  if (const auto held = blobs_.leases().hold_when_free(names, kPatience)) {
    const Removed removed = SITEPOD_TRY(remove_held(meta_, blobs_, gone));
    report.deleted_blobs += removed.blobs;
    report.freed_bytes += removed.bytes;
    if (removed.failed_files > 0) report.errors.push_back("Some files could not be removed; see the log.");
    SITEPOD_TRY(blobs_.erase_quarantined(names));
  } else {
    report.errors.push_back("The bytes are in use by an upload or a commit; repeat the purge.");
  }
  hooks_.forget_cached(names);
  return {};
}

// Reads every manifest: purging is rare. Paths of purged bytes answer 410 once their image's index was made anew.
// Yields those of `encodings` that are a file of some image.
Result<Purger::DigestSet> Purger::rebuild_images_with(const std::vector<Digest>& blobs,
                                                      const std::vector<Digest>& encodings, PurgeReport& report) {
  const DigestSet wanted(blobs.begin(), blobs.end());
  const DigestSet encoded(encodings.begin(), encodings.end());
  DigestSet files;
  std::set<std::string> projects;
  for (std::int64_t seq = 0;;) {
    const auto images = SITEPOD_TRY(
        meta_.read([&](meta::Session& session) { return meta::list_images_after(session, seq, kImagesPerPage); }));
    for (const meta::Image& image : images) {
      const Result<model::Manifest> manifest = read_manifest(blobs_, image);
      if (!manifest.ok()) {
        log::error("an image's list of files cannot be read",
                   {{"image", image.id}, {"cause", manifest.error().context}});
        report.errors.push_back("The list of files of " + image.id + " cannot be read.");
      }
      // Who cannot be asked is taken for affected: the bytes go all the same, and an index that still names them would
      // answer 500 for ever.
      bool is_affected = !manifest.ok();
      for (std::size_t i = 0; manifest.ok() && i < manifest->size(); ++i) {
        const Digest digest = manifest->at(i).blob;
        is_affected |= wanted.contains(digest);
        if (encoded.contains(digest)) files.insert(digest);
      }
      if (!is_affected) continue;
      ++report.affected_images;
      hooks_.forget_image(image.id);
      projects.insert(image.project_id);
    }
    if (images.size() < static_cast<std::size_t>(kImagesPerPage)) break;
    seq = images.back().seq;
  }
  for (const std::string& project : projects)
    if (Result<void> published = hooks_.publish_project(project); !published.ok()) {
      log::error("a project with purged bytes could not be published",
                 {{"project", project}, {"cause", published.error().context}});
      report.errors.push_back("A site with these bytes could not be published anew; see the log.");
    }
  return files;
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

}  // namespace sitepod::deploy
