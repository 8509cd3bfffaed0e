#include "deploy/staged_uploads.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "base/log.hpp"
#include "blob/parallel.hpp"
#include "deploy/upload.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kAtOnce = 16;
constexpr std::size_t kRowsPerWrite = 1000;

using StagedObjects = std::unordered_map<Digest, blob::StagedObject, DigestHash>;

Result<StagedObjects> list_staged(const blob::Staging& staging, std::string_view account_id) {
  StagedObjects by_name;
  for (const blob::StagedObject& object : SITEPOD_TRY(staging.list(account_id))) by_name.emplace(object.sha256, object);
  return by_name;
}

// Files on their way from the bucket into the store, several at once.
class Adoption {
 public:
  Adoption(Deployer::State& state, blob::Staging& staging, OpenPlan& plan, blob::BlobLeases::Lease& lease)
      : state_(state), staging_(staging), plan_(plan), lease_(lease) {}

  // Refused files are no error here: the others are taken all the same.
  Result<void> take(std::uint32_t position, const blob::StagedObject& object) {
    Result<blob::StoredBlob> taken = receive(position, object);
    if (!taken.ok() && taken.error().kind == ErrorKind::Invalid) return refuse(position, object, taken.error());
    // Somebody removed it since it was listed: it is missing.
    if (!taken.ok() && taken.error().kind == ErrorKind::NotFound) return {};
    if (!taken.ok()) return std::move(taken).error();
    const std::lock_guard lock(mutex_);
    rows_.push_back(*taken);
    return {};
  }

  // Those that were taken, also when the rest could not be.
  Result<void> write_rows(Instant now) {
    for (std::size_t start = 0; start < rows_.size(); start += kRowsPerWrite) {
      const auto some = std::span(rows_).subspan(start, std::min(kRowsPerWrite, rows_.size() - start));
      Result<void> recorded = record_blobs(state_.meta, plan_, some, state_.settings, now);
      if (recorded.ok()) continue;
      std::vector<Digest> names;
      for (const blob::StoredBlob& blob : some) names.push_back(blob.sha256);
      // Purged while it was on its way.
      if (recorded.error().kind == ErrorKind::Forbidden) remove_staged(staging_, plan_.head().account_id, names);
      lease_ = {};
      return discard_unrecorded(state_, names, std::move(recorded).error());
    }
    return {};
  }

  const std::vector<blob::StoredBlob>& rows() const { return rows_; }
  std::optional<Error> refusal() const { return refusal_; }

 private:
  Result<blob::StoredBlob> receive(std::uint32_t position, const blob::StagedObject& object) {
    const UploadRules rules(*plan_.entries(), position, state_.settings.quotas.max_file_bytes);
    SITEPOD_TRY(rules.check_length(object.size));
    blob::Staging::Received received = SITEPOD_TRY(staging_.receive(plan_.head().account_id, object));
    SITEPOD_TRY(rules.check_content(received.stored));
    {
      const std::lock_guard lock(mutex_);
      lease_.add(received.stored.sha256);
    }
    SITEPOD_TRY(received.incoming.keep());
    return received.stored;
  }

  Result<void> refuse(std::uint32_t position, const blob::StagedObject& object, const Error& why) {
    SITEPOD_TRY(staging_.remove(plan_.head().account_id, object.sha256));
    const std::lock_guard lock(mutex_);
    if (refusal_ && refused_position_ < position) return {};
    refused_position_ = position;
    refusal_ =
        invalid(why.code, "The file \"" + std::string(plan_.entries()->at(position).path) +
                              "\" in the bucket is refused and was removed: " + why.message + " Upload it again.");
    return {};
  }

  Deployer::State& state_;
  blob::Staging& staging_;
  OpenPlan& plan_;
  std::mutex mutex_;  // guards what follows
  blob::BlobLeases::Lease& lease_;
  std::vector<blob::StoredBlob> rows_;
  std::uint32_t refused_position_ = 0;
  std::optional<Error> refusal_;  // the one of the first file in the plan's order
};

}  // namespace

std::optional<Digest> staging_name(const PlanEntry& entry) {
  if (!entry.size || *entry.size > blob::Staging::kMaxUploadBytes) return std::nullopt;
  return entry.name_kind == NameKind::Sha256 ? entry.name : entry.claimed_sha256;
}

Result<bool> offer_staging(const blob::Staging& staging, std::string_view account_id, const PlanEntries& entries,
                           std::chrono::milliseconds plan_lifetime, Instant now, std::vector<std::uint32_t>& missing) {
  const auto may_be_staged = [&](std::uint32_t position) { return staging_name(entries.at(position)).has_value(); };
  if (missing.empty() || !std::all_of(missing.begin(), missing.end(), may_be_staged)) return false;
  const StagedObjects staged = SITEPOD_TRY(list_staged(staging, account_id));
  std::erase_if(missing, [&](std::uint32_t position) {
    const PlanEntry entry = entries.at(position);
    const auto found = staged.find(*staging_name(entry));
    // What is older may be collected before the plan ends.
    return found != staged.end() && found->second.size == *entry.size &&
           now.unix_ms - found->second.written_at.unix_ms < plan_lifetime.count();
  });
  return true;
}

Result<AdoptedUploads> adopt_staged(Deployer::State& state, blob::Staging& staging, OpenPlan& plan,
                                    std::span<const std::uint32_t> missing, blob::BlobLeases::Lease& lease,
                                    Instant now) {
  const StagedObjects staged = SITEPOD_TRY(list_staged(staging, plan.head().account_id));
  AdoptedUploads adopted;
  std::vector<std::pair<std::uint32_t, const blob::StagedObject*>> wanted;
  for (const std::uint32_t position : missing) {
    const std::optional<Digest> name = staging_name(plan.entries()->at(position));
    const auto found = name ? staged.find(*name) : staged.end();
    if (found == staged.end()) continue;
    wanted.emplace_back(position, &found->second);
    plan.taken_from_staging().push_back(*name);
  }
  Adoption adoption(state, staging, plan, lease);
  Result<void> taken = blob::for_each_in_parallel(
      wanted.size(), kAtOnce, [&](std::size_t i) { return adoption.take(wanted[i].first, *wanted[i].second); });
  SITEPOD_TRY(adoption.write_rows(now));
  SITEPOD_TRY(std::move(taken));
  if (const std::optional<Error> refusal = adoption.refusal()) return *refusal;
  adopted.files = adoption.rows().size();
  for (const blob::StoredBlob& blob : adoption.rows()) adopted.bytes += blob.size;
  return adopted;
}

void remove_staged(const blob::Staging& staging, std::string_view account_id, std::span<const Digest> names) {
  const Result<void> removed = blob::for_each_in_parallel(
      names.size(), kAtOnce, [&](std::size_t i) { return staging.remove(account_id, names[i]); });
  if (!removed.ok())
    log::warn("uploads stay in the bucket until the next collection", {{"cause", removed.error().context}});
}

}  // namespace sitepod::deploy
