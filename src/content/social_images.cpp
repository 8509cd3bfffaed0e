#include "content/social_images.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "content/low_priority.hpp"
#include "content/sites.hpp"
#include "media/temporary_folder.hpp"

namespace sitepod::content {
namespace {

constexpr std::size_t kRowsAtOnce = 500;
constexpr std::size_t kMaxNoted = 10'000;
constexpr std::chrono::seconds kLongestWait{60};
// While many are made, visitors get those that are ready so often: each time the site's index is made anew.
constexpr std::chrono::seconds kShowInterval{10};
constexpr std::int64_t kKeptMs = std::int64_t{30} * 24 * 3600 * 1000;
constexpr std::size_t kMinKeptUnused = 500;  // at least so many of each site, else as many as it uses

std::string card_of(const builder::SocialImage& image) {
  return media::write_card({image.site, image.title, image.subtitle, image.byline, image.language, image.accent});
}

std::uint64_t hash_of_paths(std::span<const builder::SocialImage> images) {
  std::uint64_t hash = images.size();
  for (const builder::SocialImage& image : images) hash = hash * 1099511628211U + std::hash<std::string>()(image.path);
  return hash;
}

}  // namespace

// From what the rows say to what they should.
struct SocialImages::Change {
  std::vector<const builder::SocialImage*> wanted;  // that are missing, or were not used any more
  std::vector<std::string> unused;                  // from now on
  std::vector<std::string> forgotten;
  bool empty() const { return wanted.empty() && unused.empty() && forgotten.empty(); }
};

Result<void> SocialImages::want(const meta::Project& project, std::span<const builder::SocialImage> images,
                                Instant now) {
  const std::uint64_t hash = hash_of_paths(images);
  {
    const std::lock_guard lock(mutex_);
    const auto noted = noted_.find(project.id);
    if (noted != noted_.end() && noted->second == hash) return {};
  }
  const Change change = SITEPOD_TRY(find_change(project.id, images, now));
  SITEPOD_TRY(write(project.id, change, now));
  {
    const std::lock_guard lock(mutex_);
    if (noted_.size() >= kMaxNoted) noted_.clear();
    noted_[project.id] = hash;
    is_woken_ = is_woken_ || !change.wanted.empty();
  }
  wake_.notify_all();
  return {};
}

Result<SocialImages::Change> SocialImages::find_change(const std::string& project_id,
                                                       std::span<const builder::SocialImage> images, Instant now) {
  const auto list = [&](meta::Session& session) { return meta::list_social_images(session, project_id); };
  const std::vector<meta::KnownSocialImage> known = SITEPOD_TRY(meta_.read(list));
  Change change;
  std::vector<const meta::KnownSocialImage*> kept;  // that are not used
  auto row = known.begin();
  const auto leave = [&] {
    if (!row->unused_since) change.unused.push_back(row->path);
    if (row->unused_since) kept.push_back(&*row);
    ++row;
  };
  for (const builder::SocialImage& image : images) {
    while (row != known.end() && row->path < image.path) leave();
    const bool is_known = row != known.end() && row->path == image.path;
    if (!is_known || row->unused_since) change.wanted.push_back(&image);
    if (is_known) ++row;
  }
  while (row != known.end()) leave();
  std::sort(kept.begin(), kept.end(), [](const auto* a, const auto* b) { return b->unused_since < a->unused_since; });
  const std::size_t max_kept = std::max(kMinKeptUnused, images.size());
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (i >= max_kept || kept[i]->unused_since->unix_ms < now.unix_ms - kKeptMs)
      change.forgotten.push_back(kept[i]->path);
  return change;
}

// In pieces: the database has other writers.
Result<void> SocialImages::write(const std::string& project_id, const Change& change, Instant now) {
  const auto each = [&](const auto& list, const auto& apply) -> Result<void> {
    for (std::size_t begin = 0; begin < list.size(); begin += kRowsAtOnce) {
      const auto piece = std::span(list).subspan(begin, std::min(kRowsAtOnce, list.size() - begin));
      Result<void> written = meta_.write([&](meta::Session& session) -> Result<void> {
        for (const auto& item : piece) SITEPOD_TRY(apply(session, item));
        return {};
      });
      SITEPOD_TRY(std::move(written));
    }
    return {};
  };
  SITEPOD_TRY(each(change.wanted, [&](meta::Session& session, const builder::SocialImage* image) {
    return meta::insert_social_image(session, project_id, {image->path, card_of(*image)});
  }));
  SITEPOD_TRY(each(change.unused, [&](meta::Session& session, const std::string& path) {
    return meta::retire_social_image(session, project_id, path, now);
  }));
  return each(change.forgotten, [&](meta::Session& session, const std::string& path) {
    return meta::delete_social_image(session, project_id, path);
  });
}

void SocialImages::start() {
  thread_ = std::thread([this] { run(); });
}

void SocialImages::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  press_.stop();
  if (thread_.joinable()) thread_.join();
}

void SocialImages::run() {
  name_this_thread("social-images");
  lower_priority();
  std::string last_problem;
  for (;;) {
    Result<bool> made = make_next();
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    // Said once: what is missing stays missing for as long as nobody installs it.
    if (!made.ok() && made.error().message != last_problem) {
      last_problem = made.error().message;
      log::warn("could not make social images; it is tried again",
                {{"reason", made.error().message}, {"cause", made.error().context}});
    }
    if (made.ok()) last_problem.clear();
    if (!made.ok()) wake_.wait_for(lock, kLongestWait, [this] { return stopping_; });
    if (made.ok() && !*made) wake_.wait_for(lock, kLongestWait, [this] { return stopping_ || is_woken_; });
    if (stopping_) return;
    is_woken_ = false;
  }
}

// Those of one project, until all of them are made or its turn is over; false: there was nothing to do.
Result<bool> SocialImages::make_next() {
  const auto turn_ends = std::chrono::steady_clock::now() + kShowInterval;
  std::optional<meta::Project> project;
  for (;;) {
    const auto find = [&](meta::Session& session) {
      return meta::find_social_images_to_make(session, last_project_, at_once_.get());
    };
    const std::optional<meta::SocialImagesToMake> wanted = SITEPOD_TRY(meta_.read(find));
    const bool is_other = !wanted || (project && wanted->project_id != project->id);
    if (project && (is_other || std::chrono::steady_clock::now() > turn_ends)) {
      SITEPOD_TRY(show(*project));
      last_project_ = project->id;
      return true;
    }
    if (!wanted) return false;
    if (!project) {
      project = SITEPOD_TRY(
          meta_.read([&](meta::Session& session) { return meta::find_project(session, wanted->project_id); }));
      if (!project) return false;
    }
    SITEPOD_TRY(make(*project, *wanted));
  }
}

Result<void> SocialImages::make(const meta::Project& project, const meta::SocialImagesToMake& wanted) {
  const media::TemporaryFolder folder = SITEPOD_TRY(media::TemporaryFolder::make(folder_));
  std::vector<std::string> cards;
  for (const meta::SocialImage& image : wanted.images) cards.push_back(image.card);
  const Result<std::vector<std::string>> drawn = press_.draw(cards, folder.path());
  at_once_.note_end(drawn.ok());
  if (!drawn.ok()) {
    // What lacks on this machine, or a server that stops, is not the fault of these.
    if (drawn.error().kind == ErrorKind::Unavailable) return Error(drawn.error());
    log::warn("social images could not be drawn", {{"project", project.id},
                                                   {"count", static_cast<std::int64_t>(cards.size())},
                                                   {"reason", drawn.error().message}});
    return meta_.write([&](meta::Session& session) -> Result<void> {
      for (const meta::SocialImage& image : wanted.images)
        SITEPOD_TRY(meta::note_social_image_failed(session, project.id, image.path));
      return {};
    });
  }
  const deploy::StoredFiles stored = SITEPOD_TRY(deployer_.store_files(project.owner_id, *drawn, now()));
  return meta_.write([&](meta::Session& session) -> Result<void> {
    for (std::size_t i = 0; i < wanted.images.size(); ++i)
      SITEPOD_TRY(meta::finish_social_image(session, project.id, wanted.images[i].path, stored.files[i].blob,
                                            stored.files[i].size));
    return meta::note_media_changed(session, project.id);
  });
}

Result<void> SocialImages::show(const meta::Project& project) {
  const identity::Caller owner =
      SITEPOD_TRY(meta_.read([&](meta::Session& session) { return owner_of(session, project); }));
  return library_.show(owner, project, now());
}

}  // namespace sitepod::content
