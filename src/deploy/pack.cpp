#include "deploy/archive_reader.hpp"
#include "deploy/deployer_state.hpp"
#include "deploy/upload.hpp"

namespace sitepod::deploy {
namespace {

// Rows of so many members share one transaction.
constexpr std::size_t kRowsPerWrite = 1000;
// An archive that repeats its members for ever ends here: what it unpacks to may exceed the deploy's quota by so much.
constexpr std::uint64_t kRepeatedBytes = 256u << 20;

// The plan says how much its files unpack to; a ratio would only refuse what compresses well.
constexpr ArchiveLimits kPackLimits{.max_ratio = 0};

std::optional<std::uint32_t> find_member(const PlanEntries& entries, std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  if (const std::optional<Digest> digest = parse_digest(name)) {
    const std::span<const std::uint32_t> named = entries.find_name(*digest);
    if (!named.empty()) return named.front();
  }
  const std::optional<std::size_t> by_path = entries.find_path(name);
  if (!by_path) return std::nullopt;
  return entries.find_name(entries.at(*by_path).name).front();
}

// Stores members until the archive ends or one is wrong; what was stored before stays.
class PackUpload {
 public:
  PackUpload(meta::MetaStore& meta, blob::BlobStore& blobs, const DeploySettings& settings, OpenPlan& plan, Instant now)
      : meta_(meta), blobs_(blobs), settings_(settings), plan_(plan), now_(now) {}

  Result<std::size_t> run(const ReadBody& read) {
    ArchiveReader reader(read, kPackLimits, {});
    Result<void> outcome = store_all(reader);
    SITEPOD_TRY(write_rows());
    if (!outcome.ok()) return std::move(outcome).error();
    return stored_;
  }

 private:
  Result<void> store_all(ArchiveReader& reader) {
    while (const std::optional<ArchiveReader::Member> member = SITEPOD_TRY(reader.next())) {
      SITEPOD_TRY(store(reader, *member));
      if (rows_.size() >= kRowsPerWrite) SITEPOD_TRY(write_rows());
    }
    return {};
  }

  Result<void> store(ArchiveReader& reader, const ArchiveReader::Member& member) {
    const std::optional<std::uint32_t> position = find_member(*plan_.entries(), member.name);
    if (!position) return invalid_request("The plan has no file \"" + member.name + "\".");
    const UploadRules rules(*plan_.entries(), *position, settings_.quotas.max_file_bytes);
    const ReadBody body = [&reader](std::span<std::byte> out) { return reader.read(out); };
    unpacked_ += member.size;
    if (unpacked_ > settings_.quotas.max_deploy_bytes + kRepeatedBytes)
      return quota_exceeded("The archive unpacks to more than the deploy may have.");
    UploadRoom room(nullptr, plan_, *position, settings_.quotas.max_deploy_bytes);
    rows_.push_back(SITEPOD_TRY_WITH(receive_blob(blobs_, rules, room, member.size, body, lease_), member.name));
    if (room.has_counted()) counted_.push_back(*position);
    ++stored_;
    return {};
  }

  Result<void> write_rows() {
    if (rows_.empty()) return {};
    Result<void> written = record_blobs(meta_, plan_, rows_, settings_, now_);
    if (!written.ok())
      for (const std::uint32_t position : counted_) plan_.uncount(position);
    counted_.clear();
    rows_.clear();
    lease_ = blobs_.leases().begin();
    return written;
  }

  meta::MetaStore& meta_;
  blob::BlobStore& blobs_;
  const DeploySettings& settings_;
  OpenPlan& plan_;
  const Instant now_;
  std::vector<blob::StoredBlob> rows_;
  std::vector<std::uint32_t> counted_;                       // towards the quota by the rows, for the first time
  blob::BlobLeases::Lease lease_ = blobs_.leases().begin();  // of what the rows are about
  std::size_t stored_ = 0;
  std::uint64_t unpacked_ = 0;
};

}  // namespace

Result<StoredPack> Deployer::upload_pack(const identity::Caller& caller, std::string_view plan_id, const ReadBody& read,
                                         Instant now) {
  State& state = *state_;
  const std::shared_ptr<OpenPlan> plan = SITEPOD_TRY(state.open_plan(caller, plan_id, now));
  const OpenPlan::Slot slot =
      SITEPOD_TRY(OpenPlan::take_slot(plan, state.settings.uploads_per_plan, state.settings.upload_patience));
  StoredPack answer;
  answer.stored = SITEPOD_TRY(PackUpload(state.meta, state.blobs, state.settings, *plan, now).run(read));
  State::Presence presence;
  SITEPOD_TRY(state.read_presence(plan->head().account_id, *plan->entries(), presence));
  const std::vector<std::uint32_t> unproven = State::unproven(presence);
  presence = {};
  answer.missing.reserve(unproven.size());
  for (const std::uint32_t position : unproven) answer.missing.push_back(plan->entries()->at(position).name);
  return answer;
}

}  // namespace sitepod::deploy
