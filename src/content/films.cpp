// QuickTime films whose codecs browsers do not play: served as they came until they are MP4, which may take minutes.
#include <fcntl.h>

#include <algorithm>
#include <span>
#include <vector>

#include "base/file.hpp"
#include "base/log.hpp"
#include "content/media_library.hpp"
#include "content/sites.hpp"
#include "media/temporary_folder.hpp"

namespace sitepod::content {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::int64_t kMaxTries = 10;
constexpr std::int64_t kFirstRetryMs = 60'000;
constexpr std::int64_t kLongestRetryMs = 3'600'000;

// A copy, because the processor may change the mode of what it is given.
Result<void> copy_blob(const UniqueFd& blob, const std::string& path) {
  const UniqueFd file = SITEPOD_TRY(open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  std::vector<std::byte> piece(kPieceBytes);
  for (;;) {
    const std::size_t count = SITEPOD_TRY(read_some(blob.get(), piece));
    if (count == 0) return {};
    SITEPOD_TRY(write_all(file.get(), std::span(piece).first(count)));
  }
}

// Nothing: it stays as it came.
std::optional<Instant> next_try(const meta::Media& film, const Error& error, Instant now) {
  if (error.kind == ErrorKind::Invalid || film.tries + 1 >= kMaxTries) return std::nullopt;
  return Instant{now.unix_ms + std::min(kFirstRetryMs << film.tries, kLongestRetryMs)};
}

}  // namespace

void MediaLibrary::stop_processing() {
  stopping_.store(true);
  processor_.stop();
}

Result<bool> MediaLibrary::process_next_film(Instant at) {
  struct Due {
    meta::MediaToProcess film;
    meta::Project project;
    identity::Caller owner;
  };
  Result<std::optional<Due>> found = meta_.read([&](meta::Session& session) -> Result<std::optional<Due>> {
    auto film = SITEPOD_TRY(meta::find_media_to_process(session, at));
    if (!film) return std::optional<Due>();
    const auto project = SITEPOD_TRY(meta::find_project(session, film->project_id));
    if (!project) return std::optional<Due>();
    identity::Caller owner = SITEPOD_TRY(owner_of(session, *project));
    return std::optional(Due{*std::move(film), *project, std::move(owner)});
  });
  const std::optional<Due> due = SITEPOD_TRY(std::move(found));
  if (!due) return false;
  const meta::Media& film = due->film.media;
  std::shared_ptr<void> kept;
  Result<meta::Media> made = make_mp4(due->project, film, at, kept);
  // What was cut short is begun again by the next run.
  if (!made.ok() && stopping_.load()) return false;
  Result<void> written = meta_.write([&](meta::Session& session) -> Result<void> {
    const auto before = SITEPOD_TRY(meta::find_media(session, due->project.id, film.path));
    if (!before || before->blob != film.blob) return {};
    if (made.ok()) return meta::upsert_media(session, due->project.id, *made);
    return meta::put_off_media(session, due->project.id, film.path, next_try(film, made.error(), now()));
  });
  SITEPOD_TRY(std::move(written));
  if (!made.ok()) {
    log::warn("could not make MP4 of a film; it is served as it came",
              {{"project", due->project.id}, {"path", film.path}, {"reason", made.error().message}});
    return true;
  }
  log::info("film made MP4", {{"project", due->project.id}, {"path", film.path}, {"size", made->size}});
  SITEPOD_TRY(show(due->owner, due->project, now()));
  return true;
}

Result<meta::Media> MediaLibrary::make_mp4(const meta::Project& project, const meta::Media& film, Instant now,
                                           std::shared_ptr<void>& kept) {
  const media::TemporaryFolder folder = SITEPOD_TRY(media::TemporaryFolder::make(settings_.folder));
  const std::string input = folder.path() + "/film.mov";
  const UniqueFd blob = SITEPOD_TRY(hooks_.open_blob(film.blob));
  SITEPOD_TRY(copy_blob(blob, input));
  const media::Processed processed =
      SITEPOD_TRY(processor_.process({input, film.path, folder.path(), media::Transcoding::Now}));
  const std::vector<std::string> paths{processed.path};
  const deploy::StoredFiles stored = SITEPOD_TRY(deployer_.store_files(project.owner_id, paths, now));
  kept = stored.kept;
  meta::Media made = film;
  made.blob = stored.files.front().blob;
  made.size = stored.files.front().size;
  made.media_type = processed.form.media_type;
  made.width = static_cast<std::uint64_t>(std::max(processed.width, 0));
  made.height = static_cast<std::uint64_t>(std::max(processed.height, 0));
  made.process_at = std::nullopt;
  return made;
}

}  // namespace sitepod::content
