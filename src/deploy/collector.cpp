#include "deploy/collector.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "blob/staging.hpp"
#include "deploy/digest_file.hpp"
#include "deploy/plan_entries.hpp"
#include "deploy/removal.hpp"
#include "meta/collection.hpp"
#include "meta/media.hpp"
#include "model/manifest.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::uint64_t kMaxManifestBytes = 1ull << 30;
constexpr std::int64_t kRowsPerPage = 500;
// So many blobs go at once: long enough to be cheap, short enough that an upload of one of them hardly waits.
constexpr std::size_t kBlobsPerBatch = 256;

std::string cause_of(const Error& error) { return error.context.empty() ? error.message : error.context; }

}  // namespace

class Collector::Run {
 public:
  Run(Collector& collector, const CollectRequest& request, Instant now)
      : meta_(collector.meta_),
        blobs_(collector.blobs_),
        visibility_(collector.visibility_),
        stopping_(collector.stopping_),
        is_dry_(request.dry_run),
        now_(now) {
    const auto grace = std::chrono::milliseconds(request.grace.value_or(collector.settings_.grace));
    young_since_.unix_ms = now.unix_ms - grace.count();
    overdue_since_.unix_ms = now.unix_ms - std::chrono::milliseconds(collector.settings_.staged).count();
    rule_.min_versions = collector.settings_.min_versions;
    rule_.keep_since.unix_ms = now.unix_ms - std::chrono::milliseconds(collector.settings_.keep).count();
    // Visitors may still be on their way to what a release of this very moment has replaced.
    rule_.released_since = now;
    rule_.now = now;
  }

  // Instead of everything.
  void look_only_at(std::vector<Digest> blobs) {
    std::sort(blobs.begin(), blobs.end());
    blobs.erase(std::unique(blobs.begin(), blobs.end()), blobs.end());
    only_ = std::move(blobs);
  }

  CollectReport run() {
    // From before the first look: whatever somebody begins to use from here on is not in the marks, and stays.
    const blob::BlobLeases::Watch watch(blobs_.leases());
    if (Result<void> marked = collect_roots(); !marked.ok()) {
      fail("Collecting what is needed failed; nothing was deleted.", marked.error());
      return std::move(report_);
    }
    if (Result<void> swept = sweep(); !swept.ok())
      fail("Deleting stopped early; what is left goes next time.", swept.error());
    return std::move(report_);
  }

 private:
  void fail(std::string sentence, const Error& error) {
    log::error("garbage collection: an error", {{"outcome", sentence}, {"cause", cause_of(error)}});
    report_.errors.push_back(std::move(sentence));
  }

  // ---- roots --------------------------------------------------------------------------------------------------------
  Result<void> collect_roots() {
    marks_ = SITEPOD_TRY(DigestFile::create(blobs_.root() + "/tmp"));
    encoded_ = SITEPOD_TRY(DigestFile::create(blobs_.root() + "/tmp"));
    SITEPOD_TRY_WITH(find_visible_images(), "asking what visitors see");
    if (!only_) SITEPOD_TRY_WITH(find_outdated_images(), "deciding what retention keeps");
    SITEPOD_TRY_WITH(mark_images(), "reading images");
    SITEPOD_TRY_WITH(mark_pending_plans(), "reading plans");
    SITEPOD_TRY_WITH(mark_media(), "reading media");
    return {};
  }

  // Recent images keep nothing: they are shown for as long as retention has them.
  Result<void> find_visible_images() {
    visible_ = SITEPOD_TRY(visibility_.settle());
    std::sort(visible_.begin(), visible_.end());
    return {};
  }
  bool is_visible(const std::string& image_id) const {
    return std::binary_search(visible_.begin(), visible_.end(), image_id);
  }

  // Calls `each` for every image that retention lets go, in transactions of `access`.
  template <typename Each>
  Result<void> each_outdated(Each each) {
    std::string project;
    for (;;) {
      const auto ids = SITEPOD_TRY(meta_.read(
          [&](meta::Session& session) { return meta::list_project_ids_after(session, project, kRowsPerPage); }));
      for (const std::string& id : ids) SITEPOD_TRY(each_outdated_of(id, each));
      if (ids.size() < static_cast<std::size_t>(kRowsPerPage)) return {};
      project = ids.back();
    }
  }
  template <typename Each>
  Result<void> each_outdated_of(const std::string& project, Each& each) {
    for (std::int64_t seq = 0;;) {
      const auto images = SITEPOD_TRY(meta_.read([&](meta::Session& session) {
        return meta::list_outdated_images(session, project, rule_, seq, kRowsPerPage);
      }));
      for (const meta::Image& image : images)
        if (!is_visible(image.id)) SITEPOD_TRY(each(image));
      if (images.size() < static_cast<std::size_t>(kRowsPerPage)) return {};
      seq = images.back().seq;
    }
  }

  // Only their numbers are kept: a few bytes for each image that is about to go.
  Result<void> find_outdated_images() {
    SITEPOD_TRY(each_outdated([&](const meta::Image& image) -> Result<void> {
      outdated_.push_back(image.seq);
      return {};
    }));
    std::sort(outdated_.begin(), outdated_.end());
    return {};
  }

  Result<void> mark_images() {
    for (std::int64_t seq = 0;;) {
      const auto images = SITEPOD_TRY(
          meta_.read([&](meta::Session& session) { return meta::list_images_after(session, seq, kRowsPerPage); }));
      for (const meta::Image& image : images)
        if (!std::binary_search(outdated_.begin(), outdated_.end(), image.seq)) SITEPOD_TRY(mark_image(image));
      if (images.size() < static_cast<std::size_t>(kRowsPerPage)) return {};
      seq = images.back().seq;
    }
  }

  Result<void> check_not_stopping() const {
    if (stopping_) return unavailable("The server is stopping.");
    return {};
  }

  Result<void> mark_image(const meta::Image& image) {
    SITEPOD_TRY(check_not_stopping());
    const std::string bytes =
        SITEPOD_TRY_WITH(blobs_.read_verified(image.manifest, kMaxManifestBytes), "manifest of " + image.id);
    const model::Manifest manifest = SITEPOD_TRY_WITH(model::Manifest::from_bytes(bytes), "manifest of " + image.id);
    SITEPOD_TRY(marks_->add(image.manifest));
    for (std::size_t i = 0; i < manifest.size(); ++i) SITEPOD_TRY(marks_->add(manifest.at(i).blob));
    return {};
  }

  // Media are served whether or not an image names them.
  Result<void> mark_media() {
    std::vector<Digest> blobs;
    SITEPOD_TRY(meta_.read([&](meta::Session& session) {
      blobs.clear();
      return meta::each_media_blob(session, [&](const Digest& blob) { blobs.push_back(blob); });
    }));
    for (const Digest& blob : blobs) SITEPOD_TRY(marks_->add(blob));
    return {};
  }

  // A plan names bytes by either digest; here they are needed by the one that stored bytes have.
  Result<void> mark_pending_plans() {
    std::string id;
    for (;;) {
      const auto plan = SITEPOD_TRY(
          meta_.read([&](meta::Session& session) { return meta::find_pending_plan_after(session, id, now_); }));
      if (!plan) return {};
      id = plan->id;
      const PlanEntries entries = SITEPOD_TRY_WITH(PlanEntries::from_bytes(plan->entries), "entries of " + id);
      const std::vector<Digest> names = entries.sorted_names();
      for (std::size_t start = 0; start < names.size(); start += kRowsPerPage)
        SITEPOD_TRY(
            mark_names(std::span(names).subspan(start, std::min<std::size_t>(kRowsPerPage, names.size() - start))));
    }
  }

  Result<void> mark_names(std::span<const Digest> names) {
    std::vector<Digest> found;
    Result<void> looked_up = meta_.read([&](meta::Session& session) -> Result<void> {
      found.clear();
      for (const Digest& name : names)
        if (const auto blob = SITEPOD_TRY(meta::find_blob_by_blake3(session, name))) found.push_back(blob->sha256);
      return {};
    });
    SITEPOD_TRY(std::move(looked_up));
    for (const Digest& digest : found) SITEPOD_TRY(marks_->add(digest));
    for (const Digest& name : names) SITEPOD_TRY(marks_->add(name));
    return {};
  }

  // ---- sweep --------------------------------------------------------------------------------------------------------
  Result<void> sweep() {
    SITEPOD_TRY(delete_outdated_images());
    SITEPOD_TRY(marks_->finish());
    SITEPOD_TRY(mark_variants());
    if (only_) return sweep_only();
    SITEPOD_TRY(sweep_rows());
    SITEPOD_TRY(sweep_files());
    SITEPOD_TRY_WITH(sweep_staging(), "sweeping uploads in the bucket");
    if (report_.deleted_blobs > 0 && !is_dry_)
      SITEPOD_TRY(meta_.write([](meta::Session& session) { return meta::delete_grants_without_blob(session); }));
    return {};
  }

  // Decided anew in the transaction that deletes: a rollback or a preview may have come since. What stays after all was
  // not marked yet.
  Result<void> delete_outdated_images() {
    if (is_dry_) {
      report_.deleted_images = static_cast<std::int64_t>(outdated_.size());
      return {};
    }
    if (outdated_.empty()) return {};
    for (std::size_t start = 0; start < outdated_.size(); start += kBlobsPerBatch)
      SITEPOD_TRY(
          delete_images(std::span(outdated_).subspan(start, std::min(kBlobsPerBatch, outdated_.size() - start))));
    // Some may have been recent images: nobody gets a file of them any more when its bytes go.
    SITEPOD_TRY_WITH(visibility_.settle(), "taking deleted images from visitors");
    return {};
  }

  Result<void> delete_images(std::span<const std::int64_t> seqs) {
    std::vector<meta::Image> deleted;
    std::vector<meta::Image> kept;
    Result<void> written = meta_.write([&](meta::Session& session) -> Result<void> {
      deleted.clear();
      kept.clear();
      for (const std::int64_t seq : seqs) {
        const auto images = SITEPOD_TRY(meta::list_images_after(session, seq - 1, 1));
        if (images.empty() || images.front().seq != seq) continue;  // gone with its project
        const meta::Image& image = images.front();
        const auto outdated = SITEPOD_TRY(meta::list_outdated_images(session, image.project_id, rule_, seq - 1, 1));
        const bool goes = !outdated.empty() && outdated.front().seq == seq;
        if (goes) SITEPOD_TRY(meta::delete_image(session, image.id));
        if (goes) SITEPOD_TRY(meta::insert_change(session, image.project_id));
        (goes ? deleted : kept).push_back(image);
      }
      return {};
    });
    SITEPOD_TRY(std::move(written));
    for (const meta::Image& image : deleted) {
      visibility_.forget_image(image.id);
      log::info("image deleted by retention", {{"image", image.id}, {"project", image.project_id}});
    }
    report_.deleted_images += static_cast<std::int64_t>(deleted.size());
    for (const meta::Image& image : kept) SITEPOD_TRY(mark_image(image));
    return {};
  }

  // Encodings stay as long as what they encode.
  Result<void> mark_variants() {
    for (std::optional<meta::Variant> last;;) {
      const auto variants = SITEPOD_TRY(
          meta_.read([&](meta::Session& session) { return meta::list_variants_after(session, last, kRowsPerPage); }));
      for (const meta::Variant& variant : variants)
        if (variant.size > 0 && SITEPOD_TRY(marks_->contains(variant.source))) SITEPOD_TRY(encoded_->add(variant.blob));
      if (variants.size() < static_cast<std::size_t>(kRowsPerPage)) break;
      last = variants.back();
    }
    SITEPOD_TRY(encoded_->finish());
    return marks_->rewind();
  }

  Result<void> sweep_rows() {
    for (std::optional<Digest> last;;) {
      const auto rows = SITEPOD_TRY(
          meta_.read([&](meta::Session& session) { return meta::list_blobs_after(session, last, kRowsPerPage); }));
      for (const meta::BlobRow& row : rows) SITEPOD_TRY(look_at(row));
      if (rows.size() < static_cast<std::size_t>(kRowsPerPage)) break;
      last = rows.back().blob.sha256;
    }
    return remove_gathered();
  }

  Result<void> sweep_only() {
    for (const Digest& digest : *only_) {
      const auto blob =
          SITEPOD_TRY(meta_.read([&](meta::Session& session) { return meta::find_blob(session, digest); }));
      if (blob) SITEPOD_TRY(look_at({*blob, young_since_}));
    }
    return remove_gathered();
  }

  Result<void> look_at(const meta::BlobRow& row) {
    ++report_.total_blobs;
    const bool is_marked = SITEPOD_TRY(marks_->contains(row.blob.sha256));
    if (SITEPOD_TRY(encoded_->contains(row.blob.sha256)) || is_marked) {
      ++report_.referenced_blobs;
      return {};
    }
    if (row.created_at > young_since_) return {};
    gathered_.push_back(row.blob);
    return gathered_.size() < kBlobsPerBatch ? Result<void>() : remove_gathered();
  }

  Result<void> remove_gathered() {
    SITEPOD_TRY(check_not_stopping());
    if (is_dry_) {
      for (const meta::Blob& blob : gathered_) ++report_.deleted_blobs, report_.freed_bytes += blob.size;
    } else if (!gathered_.empty()) {
      note(SITEPOD_TRY(remove_unused(meta_, blobs_, gathered_)), report_.deleted_blobs);
    }
    gathered_.clear();
    return {};
  }

  void note(const Removed& removed, std::int64_t& count) {
    count += removed.blobs;
    report_.freed_bytes += removed.bytes;
    if (removed.failed_files > 0)
      report_.errors.push_back(std::to_string(removed.failed_files) + " files could not be removed; see the log.");
  }

  // Files without a row: of uploads and deletions that a crash cut short.
  Result<void> sweep_files() {
    std::vector<Digest> files;
    Result<void> outcome;
    const auto remove = [&]() -> Result<void> {
      if (!files.empty()) note(SITEPOD_TRY(remove_orphans(meta_, blobs_, files)), report_.deleted_orphans);
      files.clear();
      return {};
    };
    Result<void> listed = blobs_.list([&](const blob::ListedBlob& blob) {
      if (is_dry_ || blob.written_at > young_since_) return true;
      files.push_back(blob.sha256);
      if (files.size() >= kBlobsPerBatch) outcome = remove();
      return outcome.ok();
    });
    SITEPOD_TRY(std::move(outcome));
    SITEPOD_TRY(std::move(listed));
    return remove();
  }

  // What clients put into the bucket past this server, and no open plan waits for. One owner's objects come one behind
  // the other.
  Result<void> sweep_staging() {
    blob::Staging* const staging = blobs_.staging();
    if (!staging || is_dry_) return {};
    std::string owner;
    bool is_waiting = false;
    const auto goes = [&](std::string_view of, const blob::StagedObject& object) -> Result<bool> {
      SITEPOD_TRY(check_not_stopping());
      if (object.written_at > young_since_) return false;
      if (object.written_at <= overdue_since_) return true;
      if (owner != of)
        is_waiting =
            SITEPOD_TRY(meta_.read([&](meta::Session& session) { return meta::has_pending_plan(session, of, now_); }));
      owner = of;
      return !is_waiting;
    };
    report_.deleted_orphans += SITEPOD_TRY(staging->sweep(goes, young_since_));
    return {};
  }

  meta::MetaStore& meta_;
  blob::BlobStore& blobs_;
  const Visibility& visibility_;
  const std::atomic<bool>& stopping_;
  const bool is_dry_;
  const Instant now_;
  Instant overdue_since_;
  Instant young_since_;  // rows and files of that time and before may go
  meta::RetentionRule rule_;

  std::optional<std::vector<Digest>> only_;  // sorted
  std::vector<std::string> visible_;         // sorted ids; as many as there are live environments and previews
  std::vector<std::int64_t> outdated_;       // sorted
  std::optional<DigestFile> marks_;          // what images and plans need
  std::optional<DigestFile> encoded_;        // encodings of that
  std::vector<meta::Blob> gathered_;
  CollectReport report_;
};

Collector::Collector(meta::MetaStore& meta, blob::BlobStore& blobs, CollectorSettings settings, Visibility visibility)
    : meta_(meta), blobs_(blobs), settings_(settings), visibility_(std::move(visibility)) {}

CollectReport Collector::collect_only(std::vector<Digest> blobs, Instant now) {
  const std::lock_guard lock(one_at_a_time_);
  Run run(*this, {std::chrono::seconds(0), false}, now);
  run.look_only_at(std::move(blobs));
  return run.run();
}

CollectReport Collector::collect(const CollectRequest& request, Instant now) {
  const std::lock_guard lock(one_at_a_time_);
  CollectReport report = Run(*this, request, now).run();
  log::info("garbage collected", {{"images", report.deleted_images},
                                  {"blobs", report.deleted_blobs},
                                  {"bytes", report.freed_bytes},
                                  {"dry_run", request.dry_run},
                                  {"errors", report.errors.size()}});
  return report;
}

}  // namespace sitepod::deploy
