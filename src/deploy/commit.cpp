#include <algorithm>

#include "base/log.hpp"
#include "base/random.hpp"
#include "deploy/content_hash.hpp"
#include "deploy/deployer_state.hpp"
#include "deploy/staged_uploads.hpp"
#include "identity/audit.hpp"

namespace sitepod::deploy {
namespace {

// Rows of so many blobs share one transaction, so that a large commit does not hold up other writers.
constexpr std::size_t kRowsPerWrite = 1000;

// Whether the file behind a row is really there. A row staged by another run proves nothing: that run may have ended in
// a power cut.
Result<bool> is_stored(const blob::BlobStore& blobs, const FoundBlob& found) {
  if (found.standing == FoundBlob::Standing::Absent) return false;
  const std::optional<std::uint64_t> size = SITEPOD_TRY(blobs.find_size(found.sha256));
  if (!size || *size != found.size) return false;
  return found.standing == FoundBlob::Standing::StagedElsewhere ? blobs.verify(found.sha256) : true;
}

// So that asking for them one by one asks nobody.
Result<void> look_up_all(const blob::BlobStore& blobs, const FoundBlobs& found, std::size_t count) {
  constexpr std::size_t kAtOnce = 4096;
  if (!blobs.asks_another_machine()) return {};
  std::vector<Digest> some;
  for (std::size_t i = 0; i < count; ++i) {
    if (found[i].standing != FoundBlob::Standing::Absent) some.push_back(found[i].sha256);
    if (some.size() < kAtOnce && i + 1 < count) continue;
    SITEPOD_TRY(blobs.look_up(some));
    some.clear();
  }
  return {};
}

// Positions of the plan's names that nobody has stored; `presence` says what stands behind the others.
Result<std::vector<std::uint32_t>> find_missing(const Deployer::State& state, const OpenPlan& plan,
                                                Deployer::State::Presence& presence) {
  SITEPOD_TRY(state.read_presence(plan.head().account_id, *plan.entries(), presence));
  SITEPOD_TRY(look_up_all(state.blobs, presence.found, presence.positions.size()));
  std::vector<std::uint32_t> missing;
  for (std::size_t i = 0; i < presence.positions.size(); ++i)
    if (!SITEPOD_TRY(is_stored(state.blobs, presence.found[i]))) missing.push_back(presence.positions[i]);
  return missing;
}

// The manifest as it goes into the store, line by line: it never stands in memory.
class ManifestUpload {
 public:
  ManifestUpload(blob::Incoming& incoming, const Quotas& quotas, const Encoder& encoder)
      : incoming_(incoming), quotas_(quotas), encoder_(encoder) {
    lines_ = model::kManifestFirstLine;
  }

  Result<void> add(const model::ManifestEntry& entry) {
    if (entry.size > quotas_.max_file_bytes)
      return quota_exceeded("The file \"" + std::string(entry.path) + "\" is larger than " +
                            std::to_string(quotas_.max_file_bytes) + " bytes.");
    // Checked before it is added: it cannot wrap.
    if (entry.size > quotas_.max_deploy_bytes - total_)
      return quota_exceeded("The deploy is larger than " + std::to_string(quotas_.max_deploy_bytes) + " bytes.");
    total_ += entry.size;
    may_encode_any_ = may_encode_any_ || encoder_.may_encode(entry);
    model::append_manifest_line(entry, lines_);
    return lines_.size() < kWrittenAtOnce ? Result<void>() : flush();
  }
  Result<void> flush() {
    Result<void> written = incoming_.write(std::as_bytes(std::span(lines_)));
    lines_.clear();
    return written;
  }
  std::uint64_t total() const { return total_; }
  bool may_encode_any() const { return may_encode_any_; }

 private:
  static constexpr std::size_t kWrittenAtOnce = 64 * 1024;
  blob::Incoming& incoming_;
  const Quotas& quotas_;
  const Encoder& encoder_;
  std::string lines_;
  std::uint64_t total_ = 0;
  bool may_encode_any_ = false;
};

struct StoredManifest {
  blob::StoredBlob blob;
  std::uint64_t total_size = 0;  // of its files
  bool may_encode_any = false;
};

// Stored, not yet durable. Requires: every name was found.
Result<StoredManifest> store_manifest(Deployer::State& state, const PlanEntries& entries, const FoundBlobs& found,
                                      blob::BlobLeases::Lease& lease) {
  blob::Incoming incoming = SITEPOD_TRY(state.blobs.receive(std::nullopt));
  ManifestUpload upload(incoming, state.settings.quotas, state.encoder);
  const bool complete = SITEPOD_TRY(
      each_manifest_entry(entries, found, [&](const model::ManifestEntry& entry) { return upload.add(entry); }));
  if (!complete) return internal("every blob is there, but not its size");
  SITEPOD_TRY(upload.flush());
  StoredManifest stored{incoming.finish(), upload.total(), upload.may_encode_any()};
  lease.add(stored.blob.sha256);
  SITEPOD_TRY(incoming.keep());
  return stored;
}

// Runs `each(session, digest)` for all digests, in transactions of bounded length.
template <typename Each>
Result<void> write_in_batches(meta::MetaStore& meta, std::span<const Digest> digests, Each each) {
  for (std::size_t start = 0; start < digests.size(); start += kRowsPerWrite) {
    const auto batch = digests.subspan(start, std::min(kRowsPerWrite, digests.size() - start));
    Result<void> written = meta.write([&](meta::Session& session) -> Result<void> {
      for (const Digest& digest : batch) SITEPOD_TRY(each(session, digest));
      return {};
    });
    if (!written.ok()) return written;
  }
  return {};
}

}  // namespace

Result<Committed> Deployer::commit(const identity::Caller& caller, std::string_view plan_id, std::string_view message,
                                   Instant now) {
  State& state = *state_;
  const std::shared_ptr<OpenPlan> plan = SITEPOD_TRY(state.load_plan(plan_id));
  SITEPOD_TRY(identity::check_may_use_project(caller, plan->project()));
  const std::string& id = plan->head().id;
  const std::lock_guard one_at_a_time(plan->commit_mutex());
  const auto find_image = [&](meta::Session& session) { return meta::find_image_of_plan(session, id); };

  std::optional<meta::Image> image = SITEPOD_TRY(state.meta.read(find_image));
  if (image) return Committed{*std::move(image), plan->project(), {}};
  if (plan->expires_at() <= now) return plan_expired();

  const PlanEntries& entries = *plan->entries();
  // Nothing of it is removed between this look and the image's row.
  blob::BlobLeases::Lease lease = state.blobs.leases().take(entries.sorted_names());
  State::Presence presence;
  Committed committed;
  committed.project = plan->project();
  std::vector<std::uint32_t> missing = SITEPOD_TRY_WITH(find_missing(state, *plan, presence), "committing " + id);
  blob::Staging* const staging = state.blobs.staging();
  AdoptedUploads adopted;
  if (staging && !missing.empty()) {
    presence = {};
    adopted = SITEPOD_TRY_WITH(adopt_staged(state, *staging, *plan, missing, lease, now), "committing " + id);
    missing = SITEPOD_TRY_WITH(find_missing(state, *plan, presence), "committing " + id);
  }
  committed.adopted_files = adopted.files;
  committed.adopted_bytes = adopted.bytes;
  for (const std::uint32_t position : missing) committed.missing.push_back(entries.at(position).name);
  if (!committed.missing.empty()) return committed;

  const StoredManifest stored =
      SITEPOD_TRY_WITH(store_manifest(state, entries, presence.found, lease), "committing " + id);
  const blob::StoredBlob& manifest_blob = stored.blob;
  const std::string& owner_id = plan->project().owner_id;
  std::vector<Digest> to_grant;
  if (owner_id != plan->head().account_id) to_grant = presence.found.all();
  std::vector<Digest> staged = std::move(presence.found).take_not_durable();
  presence = {};

  // The barrier comes before every row that says "durable", and that before the image that needs them.
  staged.push_back(manifest_blob.sha256);
  SITEPOD_TRY_WITH(state.blobs.make_durable(staged), "committing " + id);
  staged.pop_back();  // the manifest gets its row with the image
  // The last of them are marked with the image: a deploy of few files waits for one write of the database here.
  const auto marked_with_image = std::span<const Digest>(staged).last(staged.size() % kRowsPerWrite);
  const auto marked_before = std::span<const Digest>(staged).first(staged.size() - marked_with_image.size());
  SITEPOD_TRY(write_in_batches(state.meta, marked_before, [](meta::Session& session, const Digest& digest) {
    return meta::mark_blob_durable(session, digest);
  }));
  if (!to_grant.empty()) {
    Result<void> granted =
        write_in_batches(state.meta, to_grant, [&](meta::Session& session, const Digest& digest) -> Result<void> {
          if (!SITEPOD_TRY(meta::find_account(session, owner_id))) return project_not_found();
          return meta::grant_blob(session, owner_id, digest);
        });
    if (!granted.ok()) return std::move(granted).error();
  }

  meta::Image made;
  made.id = random_id("img_");
  made.project_id = plan->project().id;
  made.manifest = manifest_blob.sha256;
  made.file_count = entries.size();
  made.total_size = stored.total_size;
  made.message = message.empty() ? plan->head().message : std::string(message);
  made.git = plan->head().git;
  made.plan_id = id;
  made.created_at = now;
  made.encoding_state = Encoder::first_state(stored.may_encode_any);
  bool is_new = false;
  Result<meta::Image> written = state.meta.write([&](meta::Session& session) -> Result<meta::Image> {
    is_new = false;
    const std::optional<meta::Plan> head = SITEPOD_TRY(meta::find_plan_head(session, id));
    if (!head) return plan_not_found();
    if (std::optional<meta::Image> earlier = SITEPOD_TRY(meta::find_image_of_plan(session, id)))
      return *std::move(earlier);
    if (!SITEPOD_TRY(meta::find_project(session, made.project_id))) return project_not_found();
    for (const Digest& digest : marked_with_image) SITEPOD_TRY(meta::mark_blob_durable(session, digest));
    SITEPOD_TRY(meta::upsert_blob(session, {manifest_blob.sha256, manifest_blob.blake3, manifest_blob.size, ""}, now));
    meta::Image inserted = SITEPOD_TRY(meta::insert_image(session, made));
    SITEPOD_TRY(meta::set_plan_committed(session, id, inserted.id));
    // In the account's log only: a project's own log says what visitors see of it.
    meta::Event event = identity::make_event(caller, "image_committed", now);
    event.account_id = plan->project().owner_id;
    event.subject = plan->project().name;
    event.image_id = inserted.id;
    SITEPOD_TRY(meta::insert_event(session, event));
    is_new = true;
    return inserted;
  });
  committed.image = SITEPOD_TRY(std::move(written));
  state.open_plans.forget(id);
  if (staging) remove_staged(*staging, plan->head().account_id, plan->taken_from_staging());
  if (!is_new) return committed;
  log::info(
      "image committed",
      {{"image", committed.image.id}, {"project", committed.project.name}, {"files", committed.image.file_count}});

  // The image is committed whatever becomes of its encodings: they are made again in the background.
  Result<void> encoded = state.encoder.encode_early(committed.image);
  if (!encoded.ok())
    log::warn("early encoding failed", {{"image", committed.image.id}, {"cause", encoded.error().context}});
  state.encoder.wake();
  return committed;
}

}  // namespace sitepod::deploy
