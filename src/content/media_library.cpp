#include "content/media_library.hpp"

#include <algorithm>

#include "content/sites.hpp"
#include "media/address.hpp"
#include "meta/collection.hpp"

namespace sitepod::content {
namespace {

// "/media/ab/…" → "media/ab/…": as paths of manifests are.
std::string path_of_url(std::string_view url) { return std::string(url.substr(1)); }

meta::Media row_of(std::string_view url, const deploy::StoredFile& stored, std::string_view media_type, Instant now) {
  meta::Media row;
  row.path = path_of_url(url);
  row.blob = stored.blob;
  row.size = stored.size;
  row.media_type = media_type;
  row.created_at = now;
  return row;
}

}  // namespace

std::unordered_map<std::string, std::string> PreparedMedia::urls() const {
  std::unordered_map<std::string, std::string> found;
  for (const PublishedFile& file : files) found.try_emplace(file.filename, file.url);
  return found;
}

MediaLibrary::MediaLibrary(meta::MetaStore& meta, deploy::Deployer& deployer, Hooks hooks, MediaSettings settings)
    : meta_(meta), deployer_(deployer), hooks_(std::move(hooks)), settings_(std::move(settings)) {}

Result<media::IntakeLimits> MediaLibrary::limits_for(std::string_view account_id) {
  const auto used = static_cast<std::uint64_t>(
      SITEPOD_TRY(meta_.read([&](meta::Session& session) { return meta::count_content_bytes(session, account_id); })));
  media::IntakeLimits limits;
  limits.file_bytes = settings_.max_file_bytes;
  limits.all_files_bytes = settings_.storage_bytes - std::min(used, settings_.storage_bytes);
  return limits;
}

Result<PreparedMedia> MediaLibrary::prepare(const meta::Project& project, const media::ReceivedForm& form,
                                            const std::string& folder, Instant now) {
  PreparedMedia prepared;
  for (const media::ReceivedFile& file : form.files) SITEPOD_TRY(prepare_file(project, file, folder, now, prepared));
  return prepared;
}

Result<void> MediaLibrary::prepare_file(const meta::Project& project, const media::ReceivedFile& file,
                                        const std::string& folder, Instant now, PreparedMedia& out) {
  const media::Form form = SITEPOD_TRY(media::form_of(file.head, file.name));
  const std::string url = media::media_url(file.sha256, form.extension);
  out.files.push_back({file.name, url});
  const std::string path = path_of_url(url);
  const auto is_same = [&](const meta::Media& row) { return row.path == path; };
  if (std::any_of(out.rows.begin(), out.rows.end(), is_same)) return {};
  // The address says how the original was processed: what is there is what would come out again.
  // What was purged is not there, and may not come back before that is lifted: storing it anew decides.
  Result<bool> is_known = meta_.read([&](meta::Session& session) -> Result<bool> {
    const auto row = SITEPOD_TRY(meta::find_media(session, project.id, path));
    if (!row) return false;
    const auto purged = SITEPOD_TRY(meta::find_purged_blob(session, row->blob));
    return !purged;
  });
  if (SITEPOD_TRY(std::move(is_known))) return {};
  const media::Processed processed =
      SITEPOD_TRY(processor_.process({file.path, file.name, folder, media::Transcoding::Later}));
  std::vector<std::string> paths{processed.path};
  for (const media::Copy& copy : processed.copies) paths.push_back(copy.path);
  const deploy::StoredFiles stored = SITEPOD_TRY(deployer_.store_files(project.owner_id, paths, now));

  meta::Media whole = row_of(url, stored.files.front(), form.media_type, now);
  whole.width = static_cast<std::uint64_t>(std::max(processed.width, 0));
  whole.height = static_cast<std::uint64_t>(std::max(processed.height, 0));
  if (processed.transcoding_due) {
    whole.media_type = kWaitingFilmType;
    whole.process_at = now;
  }
  out.rows.push_back(std::move(whole));
  for (std::size_t i = 0; i < processed.copies.size(); ++i) {
    const media::Copy& copy = processed.copies[i];
    meta::Media row = row_of(media::narrower_url(url, copy.width), stored.files[i + 1], form.media_type, now);
    row.width = static_cast<std::uint64_t>(copy.width);
    row.height = static_cast<std::uint64_t>(copy.height);
    row.variant_of = path;
    out.rows.push_back(std::move(row));
  }
  out.kept = std::make_shared<std::pair<std::shared_ptr<void>, std::shared_ptr<void>>>(out.kept, stored.kept);
  return {};
}

Result<void> MediaLibrary::record(const meta::Project& project, const PreparedMedia& prepared) {
  std::uint64_t added = 0;
  for (const meta::Media& row : prepared.rows) added += row.size;
  return meta_.write([&](meta::Session& session) -> Result<void> {
    const auto used = static_cast<std::uint64_t>(SITEPOD_TRY(meta::count_content_bytes(session, project.owner_id)));
    if (added > 0 && used + added > settings_.storage_bytes) return storage_quota_exceeded(settings_.storage_bytes);
    for (const meta::Media& row : prepared.rows) SITEPOD_TRY(meta::upsert_media(session, project.id, row));
    return {};
  });
}

Result<std::vector<meta::Media>> MediaLibrary::list(const meta::Project& project) {
  std::vector<meta::Media> rows =
      SITEPOD_TRY(meta_.read([&](meta::Session& session) { return meta::list_media(session, project.id); }));
  std::erase_if(rows, [](const meta::Media& row) { return !row.variant_of.empty(); });
  return rows;
}

}  // namespace sitepod::content
