// One-shot deploy: an archive's files are stored as they come, then planned and committed like any others. Until the
// plan's row is written a lease keeps them; when the archive is refused they are removed again.
#include <algorithm>
#include <unordered_map>

#include "deploy/archive_reader.hpp"
#include "deploy/deployer_state.hpp"
#include "deploy/upload.hpp"
#include "model/names.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::size_t kRowsPerWrite = 1000;
// An archive's own headers and padding, beside the files.
constexpr std::uint64_t kArchiveOverheadBytes = 64u << 20;
// Names in the answer; a folder of thousands of objects says enough by its first ones.
constexpr std::size_t kMostSkippedNames = 100;
constexpr std::string_view kIndexPage = "index.html";

// Answers and logs are UTF-8, whatever an archive's names are.
std::string printable(std::string_view name) {
  if (model::is_valid_utf8(name)) return std::string(name);
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80)
      text += c;
    else
      text += "\\x" + to_hex(std::span(&byte, 1));
  }
  return text;
}

Error refuse_entry(ErrorCode code, std::string_view name, std::string_view why) {
  return invalid(code, "The archive's entry \"" + printable(name) + "\": " + std::string(why));
}

// Hidden files are no part of a site, at whatever depth: versions, secrets, and what file managers leave behind, such
// as .DS_Store and __MACOSX/._index.html. Only .well-known is meant for visitors.
bool is_hidden(std::string_view name) {
  while (!name.empty()) {
    const std::size_t slash = name.find('/');
    const std::string_view segment = name.substr(0, slash);
    const bool is_dots = segment == "." || segment == "..";  // no name: a matter of parse_manifest_path
    if (segment.starts_with('.') && !is_dots && segment != ".well-known") return true;
    name = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
  }
  return false;
}

struct UnpackedFile {
  std::string path;
  blob::StoredBlob stored;
};

class Unpacking {
 public:
  Unpacking(blob::BlobStore& blobs, const Quotas& quotas) : blobs_(blobs), quotas_(quotas) {}

  Result<void> run(const ReadBody& read) {
    ArchiveLimits limits;
    limits.max_archive_bytes = quotas_.max_deploy_bytes + kArchiveOverheadBytes;
    ArchiveReader reader(read, limits, blobs_.root() + "/tmp", [this](std::string_view name) { return skips(name); });
    while (const std::optional<ArchiveReader::Member> member = SITEPOD_TRY(reader.next()))
      SITEPOD_TRY(take(reader, *member));
    if (files_.empty())
      return invalid_request(skipped_.empty() ? "The archive holds no files."
                                              : "The archive holds only hidden files, and those are not deployed.");
    return {};
  }

  std::vector<UnpackedFile>& files() { return files_; }
  std::vector<std::string>& skipped() { return skipped_; }
  // Ends the lease: what was stored may go.
  std::vector<Digest> give_up() {
    lease_.end();
    return std::move(kept_);
  }

 private:
  bool skips(std::string_view name) {
    if (!is_hidden(name)) return false;
    if (skipped_.size() < kMostSkippedNames) skipped_.push_back(printable(name));
    return true;
  }

  Result<void> take(ArchiveReader& reader, const ArchiveReader::Member& member) {
    if (member.name.starts_with('/')) return refuse_entry("invalid_path", member.name, "the path is absolute.");
    const Result<std::string_view> path = model::parse_manifest_path(member.name);
    if (!path.ok()) return refuse_entry(path.error().code, member.name, path.error().message);
    SITEPOD_TRY(check_quotas(member));
    const blob::StoredBlob stored = SITEPOD_TRY(store(reader, member));
    const auto [known, is_new] = by_path_.try_emplace(std::string(*path), files_.size());
    if (is_new)
      files_.push_back({std::string(*path), stored});
    else if (files_[known->second].stored.sha256 != stored.sha256)
      return refuse_entry("invalid_request", member.name, "comes twice with different content.");
    return {};
  }

  Result<void> check_quotas(const ArchiveReader::Member& member) {
    if (files_.size() >= quotas_.max_files_per_deploy)
      return quota_exceeded("A deploy may have at most " + std::to_string(quotas_.max_files_per_deploy) + " files.");
    if (member.size > quotas_.max_file_bytes)
      return quota_exceeded("The file \"" + printable(member.name) + "\" is larger than " +
                            std::to_string(quotas_.max_file_bytes) + " bytes.");
    // Checked before it is added: neither side can wrap.
    if (member.size > quotas_.max_deploy_bytes - total_)
      return quota_exceeded("The deploy is larger than " + std::to_string(quotas_.max_deploy_bytes) + " bytes.");
    total_ += member.size;
    return {};
  }

  Result<blob::StoredBlob> store(ArchiveReader& reader, const ArchiveReader::Member& member) {
    blob::Incoming incoming = SITEPOD_TRY(blobs_.receive(member.size));
    while (const std::size_t count = SITEPOD_TRY(reader.read(piece_)))
      SITEPOD_TRY(incoming.write(std::span(piece_).first(count)));
    const blob::StoredBlob stored = incoming.finish();
    lease_.add(stored.sha256);
    kept_.push_back(stored.sha256);
    SITEPOD_TRY(incoming.keep());
    return stored;
  }

  blob::BlobStore& blobs_;
  const Quotas& quotas_;
  blob::BlobLeases::Lease lease_ = blobs_.leases().begin();
  std::vector<std::byte> piece_ = std::vector<std::byte>(kPieceBytes);
  std::vector<UnpackedFile> files_;
  std::unordered_map<std::string, std::size_t> by_path_;
  std::vector<std::string> skipped_;
  std::vector<Digest> kept_;
  std::uint64_t total_ = 0;
};

// An archive of a folder instead of its content: everything lies in one folder that has the index page.
std::string find_top_folder(const std::vector<UnpackedFile>& files) {
  const std::string_view first = files.front().path;
  const std::string top(first.substr(0, first.find('/') + 1));
  if (top.empty()) return {};
  const auto is_inside = [&](const UnpackedFile& file) { return file.path.starts_with(top); };
  const auto is_index = [&](const UnpackedFile& file) { return file.path.substr(top.size()) == kIndexPage; };
  if (!std::all_of(files.begin(), files.end(), is_inside)) return {};
  return std::any_of(files.begin(), files.end(), is_index) ? top : std::string();
}

Result<PlanEntries> entries_of(const std::vector<UnpackedFile>& files, std::size_t prefix_bytes) {
  PlanEntries::Builder builder;
  for (const UnpackedFile& file : files) {
    PlanEntry entry;
    entry.path = std::string_view(file.path).substr(prefix_bytes);
    entry.name = file.stored.sha256;
    entry.name_kind = NameKind::Sha256;
    entry.size = file.stored.size;
    builder.add(entry);
  }
  return std::move(builder).build();
}

}  // namespace

Result<ArchiveCommitted> Deployer::commit_archive(const identity::Caller& caller, const ArchiveRequest& request,
                                                  const ReadBody& read, Instant now) {
  State& state = *state_;
  SITEPOD_TRY(check_may_release(state.meta, caller, request.release));
  Unpacking unpacking(state.blobs, state.settings.quotas);
  Result<void> unpacked = unpacking.run(read);
  ArchiveCommitted done;
  Result<Planned> planned = [&]() -> Result<Planned> {
    SITEPOD_TRY(std::move(unpacked));
    if (request.may_strip) done.stripped = find_top_folder(unpacking.files());
    PlanEntries entries = SITEPOD_TRY(entries_of(unpacking.files(), done.stripped.size()));
    // Somebody else may have released while the archive came.
    SITEPOD_TRY(check_may_release(state.meta, caller, request.release));
    return plan(caller, {request.release.project.name, std::move(entries), request.git, request.message}, now);
  }();
  if (!planned.ok()) {
    const std::vector<Digest> stored = unpacking.give_up();
    return discard_unrecorded(state, stored, std::move(planned).error());
  }
  done.planned = *std::move(planned);
  done.skipped = std::move(unpacking.skipped());

  const std::shared_ptr<OpenPlan> open = SITEPOD_TRY(state.open_plan(caller, done.planned.plan_id, now));
  std::vector<blob::StoredBlob> rows;
  const auto write_rows = [&]() -> Result<void> {
    Result<void> written = record_blobs(state.meta, *open, rows, state.settings, now);
    rows.clear();
    return written;
  };
  for (const UnpackedFile& file : unpacking.files()) {
    rows.push_back(file.stored);
    if (rows.size() >= kRowsPerWrite) SITEPOD_TRY(write_rows());
  }
  SITEPOD_TRY(write_rows());
  done.committed = SITEPOD_TRY(commit(caller, done.planned.plan_id, request.message, now));
  if (!done.committed.missing.empty()) return unavailable("The archive's files were removed while it was deployed.");
  return done;
}

}  // namespace sitepod::deploy
