// From saved media to what visitors get. The index of what is live has the site's media besides its own files; it is
// made anew. Where nothing is live yet an image of the media alone is released: without one a host has no index. What
// is shown later, by a rollback or a preview, gets its index anew then.
#include <algorithm>

#include "base/log.hpp"
#include "content/media_library.hpp"
#include "content/sites.hpp"
#include "meta/sites.hpp"

namespace sitepod::content {
namespace {

constexpr int kMaxTries = 3;

// What was live when somebody looked, and up to which change media were saved then.
struct Live {
  std::vector<std::string> images;  // that environments show
  std::vector<std::string> others;
  std::string environment;  // that builds release to
  bool is_released = false;
  meta::MediaChanges changes;
};

Result<Live> load_live(meta::Session& session, const meta::Project& project) {
  Live live;
  live.changes = SITEPOD_TRY(meta::find_media_changes(session, project.id));
  live.environment = SITEPOD_TRY(load_settings(session, project.id)).environment;
  for (const meta::Environment& each : SITEPOD_TRY(meta::list_environments(session, project.id))) {
    live.images.push_back(each.image_id);
    live.is_released = live.is_released || each.name == live.environment;
  }
  for (const meta::Image& image : SITEPOD_TRY(meta::list_images(session, project.id, INT64_MAX, 0)))
    if (std::find(live.images.begin(), live.images.end(), image.id) == live.images.end())
      live.others.push_back(image.id);
  return live;
}

}  // namespace

Result<void> MediaLibrary::show(const identity::Caller& caller, const meta::Project& project, Instant now) {
  const std::lock_guard turn(turns_[std::hash<std::string>()(project.id) % turns_.size()]);
  const auto load = [&](meta::Session& session) { return load_live(session, project); };
  Live live = SITEPOD_TRY(meta_.read(load));
  if (live.changes.shown >= live.changes.newest) return {};
  Result<void> released;
  // A build may release meanwhile: then there is something live, which needs no first image.
  for (int tries = 0; tries < kMaxTries && !live.is_released; ++tries) {
    released = release_first_image(caller, project, live.environment, now);
    if (!released.ok() && released.error().kind != ErrorKind::Conflict) break;
    live = SITEPOD_TRY(meta_.read(load));
  }
  if (live.is_released) released = {};
  // A token that may not release here is no reason to try again: a release or a build shows them.
  if (!released.ok() && released.error().kind != ErrorKind::Forbidden) return released;

  for (const std::string& image : live.others) hooks_.forget_image(image);
  for (const std::string& image : live.images) SITEPOD_TRY(hooks_.compile_image(image));
  SITEPOD_TRY(hooks_.publish_project(project.id));
  SITEPOD_TRY(meta_.write(
      [&](meta::Session& session) { return meta::note_media_shown(session, project.id, live.changes.newest); }));
  return released;
}

Result<void> MediaLibrary::release_first_image(const identity::Caller& caller, const meta::Project& project,
                                               const std::string& environment, Instant now) {
  SITEPOD_TRY(identity::check_may_release_to(caller, environment));
  const auto media =
      SITEPOD_TRY(meta_.read([&](meta::Session& session) { return meta::list_media(session, project.id); }));
  deploy::BuildCommit commit{project, environment, {}, "media"};
  for (const meta::Media& row : media)
    if (!row.process_at) commit.files.push_back({row.path, nullptr, row.blob, row.size, row.media_type});
  const deploy::BuildCommitted made = SITEPOD_TRY(deployer_.commit_build(caller, commit, now));
  if (made.is_live) return {};
  SITEPOD_TRY(hooks_.compile_image(made.image.id));
  deploy::ReleaseRequest release;
  release.project.id = project.id;
  release.environment = environment;
  release.image_id = made.image.id;
  release.expected_image_id = "";
  SITEPOD_TRY(deployer_.release(caller, release, now));
  return {};
}

Result<void> MediaLibrary::show_what_is_left(Instant now) {
  const auto left =
      SITEPOD_TRY(meta_.read([](meta::Session& session) { return meta::list_projects_with_unshown_media(session); }));
  Result<void> outcome;
  for (const std::string& id : left) {
    Result<std::optional<meta::Project>> found =
        meta_.read([&](meta::Session& session) { return meta::find_project(session, id); });
    const std::optional<meta::Project> project = SITEPOD_TRY(std::move(found));
    if (!project) continue;
    const identity::Caller owner =
        SITEPOD_TRY(meta_.read([&](meta::Session& session) { return owner_of(session, *project); }));
    if (Result<void> shown = show(owner, *project, now); !shown.ok()) outcome = std::move(shown);
  }
  return outcome;
}

}  // namespace sitepod::content
