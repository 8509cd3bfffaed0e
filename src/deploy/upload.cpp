#include "deploy/upload.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "deploy/deployer_state.hpp"
#include "deploy/removal.hpp"
#include "meta/collection.hpp"
#include "meta/plan_room.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

Error size_mismatch(std::uint64_t declared) {
  return invalid("size_mismatch",
                 "The upload does not have the declared size of " + std::to_string(declared) + " bytes.");
}
Error hash_mismatch(std::string_view which) {
  return invalid("hash_mismatch", "The uploaded bytes do not have the " + std::string(which) + " that the plan says.");
}

Error deploy_too_large(std::uint64_t limit) {
  return quota_exceeded("The deploy is larger than " + std::to_string(limit) + " bytes.");
}

// Position of the first entry of that name; a SHA-256 that the plan claims beside a BLAKE3 name also serves in a URL.
std::optional<std::uint32_t> find_position(const PlanEntries& entries, const Digest& name) {
  const std::span<const std::uint32_t> named = entries.find_name(name);
  if (!named.empty()) return named.front();
  for (std::uint32_t i = 0; i < entries.size(); ++i)
    if (const PlanEntry entry = entries.at(i); entry.claimed_sha256 == name)
      return entries.find_name(entry.name).front();
  return std::nullopt;
}

}  // namespace

UploadRules::UploadRules(const PlanEntries& entries, std::uint32_t position, std::uint64_t max_bytes)
    : entries_(entries), position_(position), max_bytes_(max_bytes) {
  for (const std::uint32_t same : entries.find_name(entries.at(position).name))
    if (const PlanEntry entry = entries.at(same); entry.size && !declared_) declared_ = entry.size;
}

Result<void> UploadRules::check_length(std::uint64_t length) const {
  if (declared_ && length != *declared_) return size_mismatch(*declared_);
  return check_growth(length);
}

Result<void> UploadRules::check_growth(std::uint64_t size) const {
  if (declared_ && size > *declared_) return size_mismatch(*declared_);
  if (size > max_bytes_) return quota_exceeded("A file may have at most " + std::to_string(max_bytes_) + " bytes.");
  return {};
}

Result<void> UploadRules::check_content(const blob::StoredBlob& stored) const {
  for (const std::uint32_t same : entries_.find_name(entries_.at(position_).name)) {
    const PlanEntry entry = entries_.at(same);
    if (entry.size && *entry.size != stored.size) return size_mismatch(*entry.size);
    const bool is_blake3 = entry.name == stored.blake3;
    const bool is_sha256 = entry.name == stored.sha256;
    if (entry.name_kind == NameKind::Blake3 && !is_blake3) return hash_mismatch("BLAKE3");
    if (entry.name_kind == NameKind::Sha256 && !is_sha256) return hash_mismatch("SHA-256");
    if (!is_blake3 && !is_sha256) return hash_mismatch("hash");
    if (entry.claimed_sha256 && *entry.claimed_sha256 != stored.sha256) return hash_mismatch("SHA-256");
  }
  return {};
}

Result<blob::StoredBlob> receive_blob(blob::BlobStore& blobs, const UploadRules& rules, UploadRoom& room,
                                      std::optional<std::uint64_t> length, const ReadBody& read,
                                      blob::BlobLeases::Lease& lease) {
  if (length) SITEPOD_TRY(rules.check_length(*length));
  const std::optional<std::uint64_t> expected = length ? length : rules.declared();
  SITEPOD_TRY(room.hold(expected.value_or(0)));
  blob::Incoming incoming = SITEPOD_TRY(blobs.receive(expected));
  // As much as there is to come, when that is known: a pack has 100,000 files of a few bytes.
  std::vector<std::byte> piece(
      static_cast<std::size_t>(std::clamp<std::uint64_t>(expected.value_or(kPieceBytes), 1, kPieceBytes)));
  while (const std::size_t count = SITEPOD_TRY(read(piece))) {
    SITEPOD_TRY(rules.check_growth(incoming.size() + count));
    SITEPOD_TRY(room.hold(incoming.size() + count));
    SITEPOD_TRY(incoming.write(std::span(piece).first(count)));
  }
  const blob::StoredBlob stored = incoming.finish();
  SITEPOD_TRY(rules.check_content(stored));
  SITEPOD_TRY(room.keep(stored.size));
  lease.add(stored.sha256);
  SITEPOD_TRY(incoming.keep());
  return stored;
}

// In the transaction of the blob's row, so that rows never say more than the quota, whatever memory believes.
static Result<void> settle_room(meta::Session& session, OpenPlan& plan, const blob::StoredBlob& blob,
                                std::uint64_t max_bytes) {
  for (const Digest& name : {blob.sha256, blob.blake3}) {
    const std::span<const std::uint32_t> named = plan.entries()->find_name(name);
    if (named.empty() || plan.is_declared(named.front())) continue;
    const std::uint64_t limit = plan.undeclared_limit(max_bytes);
    if (!SITEPOD_TRY(meta::settle_plan_room(session, plan.head().id, name, blob.size, limit)))
      return deploy_too_large(max_bytes);
  }
  return {};
}

Result<void> record_blobs(meta::MetaStore& meta, OpenPlan& plan, std::span<const blob::StoredBlob> stored,
                          const DeploySettings& settings, Instant now) {
  const bool renew = plan.take_renewal(now, settings.plan_lifetime);
  return meta.write([&](meta::Session& session) -> Result<void> {
    // It goes with its project and with who made it, also while its files arrive.
    if (!SITEPOD_TRY(meta::find_plan_head(session, plan.head().id))) return plan_not_found();
    for (const blob::StoredBlob& blob : stored) {
      if (SITEPOD_TRY(meta::is_purged_blob(session, blob.sha256))) return purged_content();
      SITEPOD_TRY(meta::upsert_blob(session, {blob.sha256, blob.blake3, blob.size, settings.run_id}, now));
      SITEPOD_TRY(meta::grant_blob(session, plan.head().account_id, blob.sha256));
      SITEPOD_TRY(settle_room(session, plan, blob, settings.quotas.max_deploy_bytes));
    }
    if (renew) SITEPOD_TRY(meta::renew_plan(session, plan.head().id, plan.expires_at()));
    return {};
  });
}

Error discard_unrecorded(Deployer::State& state, std::span<const Digest> stored, Error cause) {
  if (Result<Removed> removed = remove_orphans(state.meta, state.blobs, stored); !removed.ok())
    log::warn("refused files stay until the next collection", {{"cause", removed.error().context}});
  return cause;
}

Result<StoredUpload> Deployer::upload(const identity::Caller& caller, std::string_view plan_id, std::string_view name,
                                      std::optional<std::uint64_t> length, const ReadBody& read, Instant now) {
  State& state = *state_;
  const std::optional<Digest> wanted = parse_digest(name);
  if (!wanted) return invalid("invalid_hash", "The hash in the address must be 64 hexadecimal digits.");
  const std::shared_ptr<OpenPlan> plan = SITEPOD_TRY(state.open_plan(caller, plan_id, now));
  const std::optional<std::uint32_t> position = find_position(*plan->entries(), *wanted);
  if (!position) return not_found("not_found", "The plan has no file with this hash.");

  const UploadRules rules(*plan->entries(), *position, state.settings.quotas.max_file_bytes);
  const OpenPlan::Slot slot =
      SITEPOD_TRY(OpenPlan::take_slot(plan, state.settings.uploads_per_plan, state.settings.upload_patience));
  UploadRoom room(&state.meta, *plan, *position, state.settings.quotas.max_deploy_bytes);
  blob::BlobLeases::Lease lease = state.blobs.leases().begin();
  const blob::StoredBlob stored = SITEPOD_TRY(receive_blob(state.blobs, rules, room, length, read, lease));
  Result<void> recorded = record_blobs(state.meta, *plan, std::span(&stored, 1), state.settings, now);
  lease.end();
  if (!recorded.ok()) room.take_back();
  if (!recorded.ok()) return discard_unrecorded(state, std::span(&stored.sha256, 1), std::move(recorded).error());
  return StoredUpload{*wanted, stored.size};
}

}  // namespace sitepod::deploy
