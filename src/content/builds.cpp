#include "content/builds.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/thread_pool.hpp"
#include "content/built_files.hpp"
#include "content/live_reload.hpp"
#include "content/low_priority.hpp"
#include "content/sites.hpp"
#include "deploy/build_upload.hpp"
#include "meta/media.hpp"
#include "meta/sites.hpp"

namespace sitepod::content {
namespace {

constexpr std::size_t kRunners = 2;
constexpr std::size_t kMaxMemory = std::size_t{256} << 20U;  // of all sites between their builds
constexpr std::chrono::seconds kLongestWait{60};
constexpr std::chrono::seconds kWaitAfterError{2};
constexpr std::int64_t kKeptBuilds = 100;  // rows of each site
constexpr std::string_view kQueued = "queued";
constexpr std::string_view kSuccess = "success";
constexpr std::string_view kFailed = "failed";
constexpr std::string_view kBySchedule = "schedule";

Instant start_of_month(Instant now) {
  using namespace std::chrono;
  const year_month_day date(floor<days>(sys_time<milliseconds>(milliseconds(now.unix_ms))));
  return {duration_cast<milliseconds>(sys_days(date.year() / date.month() / 1).time_since_epoch()).count()};
}

Error cooldown_error(std::int64_t seconds) {
  return Error{ErrorKind::RateLimited,
               "build_cooldown",
               fmt::format("Please wait {} seconds before triggering another build.", seconds),
               {},
               {}}
      .detail("retry_after", std::to_string(seconds));
}

Error quota_error(std::int64_t limit) {
  return {ErrorKind::Invalid,
          "build_quota_exceeded",
          fmt::format("Monthly build limit of {} reached. Builds are possible again next month.", limit),
          {},
          {}};
}

// Who asked, as far as the row tells.
identity::Caller caller_of(const meta::Build& build, const meta::Project& project) {
  identity::Caller caller;
  caller.account_id = project.owner_id;
  caller.email = build.actor_email;
  caller.address = build.actor_address;
  caller.token_name = build.token_name;
  return caller;
}

// What the owner may know of it.
std::string told(const Error& error) {
  if (error.kind == ErrorKind::Internal)
    return "The build failed on the server; the operator finds the cause in its log.";
  return error.message;
}

meta::Build new_build(const meta::Project& project, std::string_view triggered_by, Instant now) {
  meta::Build build;
  build.id = random_uuid();
  build.project_id = project.id;
  build.account_id = project.owner_id;
  build.status = kQueued;
  build.triggered_by = triggered_by;
  build.created_at = now;
  build.requested_at = now;
  return build;
}

}  // namespace

Builds::Builds(meta::MetaStore& meta, deploy::Deployer& deployer, Hooks hooks, BuildSettings settings)
    : meta_(meta), deployer_(deployer), hooks_(std::move(hooks)), settings_(settings), memories_(kMaxMemory) {}

Builds::~Builds() { stop(); }

Result<void> Builds::start() {
  SITEPOD_TRY(meta_.write([](meta::Session& session) { return meta::requeue_running_builds(session, now()); }));
  for (std::size_t i = 0; i < kRunners; ++i) threads_.emplace_back([this] { run_builds(); });
  threads_.emplace_back([this] { wait_for_dates(); });
  return {};
}

void Builds::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  dates_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Result<std::string> Builds::request(const meta::Project& project, const identity::Caller& caller, Instant now) {
  Result<std::string> accepted =
      meta_.write([&](meta::Session& session) { return request(session, project, caller, now); });
  if (accepted.ok()) wake();
  return accepted;
}

Result<std::string> Builds::request(meta::Session& session, const meta::Project& project,
                                    const identity::Caller& caller, Instant now) const {
  const Settings site = SITEPOD_TRY(load_settings(session, project.id));
  SITEPOD_TRY(identity::check_may_release_to(caller, site.environment));
  const std::optional<Instant> last = SITEPOD_TRY(meta::find_last_request(session, project.id));
  const std::int64_t cooldown_ms = std::chrono::milliseconds(settings_.cooldown).count();
  if (last && now.unix_ms - last->unix_ms < cooldown_ms && *last <= now)
    return cooldown_error((cooldown_ms - (now.unix_ms - last->unix_ms) + 999) / 1000);
  const std::int64_t used = SITEPOD_TRY(meta::count_builds_since(session, project.owner_id, start_of_month(now)));
  if (used >= settings_.builds_per_month) return quota_error(settings_.builds_per_month);
  if (const auto waiting = SITEPOD_TRY(meta::find_waiting_build(session, project.id))) {
    SITEPOD_TRY(meta::renew_build_request(session, waiting->id, now));
  } else {
    meta::Build build = new_build(project, "api", now);
    build.actor_id = caller.account_id;
    build.actor_email = caller.email;
    build.actor_address = caller.address;
    build.token_name = caller.token_name;
    SITEPOD_TRY(meta::insert_build(session, build));
  }
  return deployer_.settings().urls.environment_url(project.subdomain, site.environment);
}

void Builds::wake() {
  {
    const std::lock_guard lock(mutex_);
    ++requests_;
  }
  work_.notify_one();
}

Result<std::optional<meta::Build>> Builds::find_newest(const meta::Project& project) {
  return meta_.read([&](meta::Session& session) { return meta::find_newest_build(session, project.id); });
}

// ---- running --------------------------------------------------------------------------------------------------------
void Builds::run_builds() {
  name_this_thread("build");
  lower_priority();
  for (;;) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      seen = requests_;
    }
    const bool all_noted = note_ends();
    Result<std::optional<meta::Build>> next = take_next();
    if (next.ok() && *next) {
      run(**std::move(next));
      continue;
    }
    if (!next.ok()) log::error("could not take the next build", {{"reason", next.error().context}});
    std::unique_lock lock(mutex_);
    const auto is_wanted = [&] { return stopping_ || requests_ != seen; };
    work_.wait_for(lock, all_noted && next.ok() ? kLongestWait : kWaitAfterError, is_wanted);
  }
}

// A look costs no write; what it finds is taken in a transaction that looks again.
Result<std::optional<meta::Build>> Builds::take_next() {
  const auto waiting = SITEPOD_TRY(meta_.read([](meta::Session& session) { return meta::find_build_to_run(session); }));
  if (!waiting) return std::optional<meta::Build>();
  return meta_.write([](meta::Session& session) -> Result<std::optional<meta::Build>> {
    std::optional<meta::Build> build = SITEPOD_TRY(meta::find_build_to_run(session));
    if (!build) return build;
    const Instant at = now();
    SITEPOD_TRY(meta::mark_build_running(session, build->id, at));
    build->started_at = at;
    return build;
  });
}

void Builds::run(meta::Build build) {
  {
    const std::lock_guard lock(mutex_);
    running_.emplace(build.id, *build.started_at);
  }
  Result<void> outcome = [&] {
    const deploy::Encoder::Pause pause = deployer_.pause_encodings();
    return build_and_release(build);
  }();
  build.completed_at = now();
  build.status = outcome.ok() ? kSuccess : kFailed;
  if (!outcome.ok()) {
    build.error = told(outcome.error());
    log::warn("build failed; the site stays as it is", {{"project", build.project_id},
                                                        {"build", build.id},
                                                        {"reason", outcome.error().message},
                                                        {"cause", outcome.error().context}});
  }
  {
    const std::lock_guard lock(mutex_);
    running_.erase(build.id);
    ended_.push_back(std::move(build));
  }
  note_ends();
}

// Until its row says that it ended, no other build of the site begins; so rows that could not be written are tried
// again as long as the server runs. Without the row the next start runs the build again: nothing is lost.
bool Builds::note_ends() {
  std::vector<meta::Build> ended;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(ended_);
  }
  if (ended.empty()) return true;
  std::vector<meta::Build> left;
  for (meta::Build& build : ended) {
    const Result<void> noted = note_end(build);
    if (noted.ok()) continue;
    log::error("could not note how a build ended; it is tried again",
               {{"build", build.id}, {"reason", noted.error().context}});
    left.push_back(std::move(build));
  }
  const bool all_noted = left.empty();
  {
    const std::lock_guard lock(mutex_);
    std::move(left.begin(), left.end(), std::back_inserter(ended_));
    if (all_noted) ++requests_;  // others of the same sites may wait behind them
  }
  if (all_noted) {
    work_.notify_all();
    look_at_dates();
  }
  return all_noted;
}

Result<void> Builds::note_end(const meta::Build& build) {
  return meta_.write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::finish_build(session, build));
    SITEPOD_TRY(build.status == kSuccess ? meta::note_site_built(session, build.project_id, *build.started_at)
                                         : plan_retry(session, build));
    return meta::prune_builds(session, build.project_id, kKeptBuilds, start_of_month(*build.completed_at));
  });
}

// A date is kept late rather than never: a page that came due must not wait for somebody to ask.
Result<void> Builds::plan_retry(meta::Session& session, const meta::Build& build) {
  const meta::SiteDates dates = SITEPOD_TRY(meta::find_site_dates(session, build.project_id));
  const bool had_date = build.triggered_by == kBySchedule || dates.retry_at ||
                        SITEPOD_TRY(meta::is_site_due(session, build.project_id, *build.started_at));
  if (!had_date) return {};
  std::chrono::milliseconds wait = settings_.first_retry;
  for (std::int64_t i = 0; i < dates.failures && wait < settings_.longest_retry; ++i) wait *= 2;
  wait = std::min(wait, settings_.longest_retry);
  return meta::note_site_failed(session, build.project_id, dates.failures + 1,
                                {build.completed_at->unix_ms + wait.count()});
}

Result<void> Builds::build_and_release(meta::Build& build) {
  const Instant as_of = *build.started_at;
  deploy::BuildCommit commit;
  std::unique_ptr<SiteMemory> memory = memories_.take(build.project_id);
  Result<SiteSnapshot> loaded = meta_.read([&](meta::Session& session) -> Result<SiteSnapshot> {
    const std::optional<meta::Project> project = SITEPOD_TRY(meta::find_project(session, build.project_id));
    if (!project) return not_found("not_found", "The site was deleted.");
    commit.project = *project;
    return load_snapshot(session, *project, deployer_.settings().urls, memory->pages, as_of);
  });
  SiteSnapshot snapshot = SITEPOD_TRY(std::move(loaded));
  snapshot.site.social_images = settings_.social_images;
  const identity::Caller caller = caller_of(build, commit.project);
  Result<MadeImage> made = make_image(build, caller, snapshot, commit, memory->cache);
  if (!made.ok() && made.error().code == deploy::kBuiltFileLost) {
    memory = std::make_unique<SiteMemory>();
    made = make_image(build, caller, snapshot, commit, memory->cache);
  }
  memories_.keep(build.project_id, std::move(memory));
  const auto [committed, social_images] = SITEPOD_TRY(std::move(made));
  build.image_id = committed.image.id;
  const auto find_media = [&](meta::Session& session) { return meta::find_media_changes(session, build.project_id); };
  const std::int64_t media = SITEPOD_TRY(meta_.read(find_media)).newest;
  if (!committed.is_live) {
    SITEPOD_TRY(hooks_.compile_image(committed.image.id, committed.manifest));
    deploy::ReleaseRequest release;
    release.project.id = commit.project.id;
    release.environment = commit.environment;
    release.image_id = committed.image.id;
    SITEPOD_TRY(deployer_.release(caller, release, now()));
  }
  // Also when the files are live: an earlier run may have ended between its release and this.
  SITEPOD_TRY(hooks_.publish_project(commit.project.id));
  // What was uploaded while the index was made, and shown on the image of before, is missing in it.
  if (SITEPOD_TRY(meta_.read(find_media)).newest != media) {
    SITEPOD_TRY(hooks_.compile_image(committed.image.id, committed.manifest));
    SITEPOD_TRY(hooks_.publish_project(commit.project.id));
  }
  return hooks_.want_social_images(commit.project, social_images);
}

// Files go into the store as they are made. Pages that reload themselves become other files first.
Result<Builds::MadeImage> Builds::make_image(meta::Build& build, const identity::Caller& caller,
                                             const SiteSnapshot& snapshot, deploy::BuildCommit& commit,
                                             builder::BuildCache& cache) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.patience;
  builder::FileSink sink;
  if (!settings_.live_reload) {
    commit.upload = SITEPOD_TRY(deployer_.open_build(commit.project));
    sink = [upload = commit.upload](const std::string&, const std::string& bytes, const Digest& digest) {
      return upload->take(bytes, digest);
    };
  }
  builder::BuiltSite built = SITEPOD_TRY(builder::build_site(snapshot.site, cache, kRunners, deadline, sink));
  if (settings_.live_reload) add_live_reload(built);
  build.report = report_of(built);
  commit.environment = snapshot.environment;
  commit.files = files_of(std::move(built.files), snapshot.site);
  commit.message = fmt::format("{} pages", snapshot.site.pages.size());
  deploy::BuildCommitted committed = SITEPOD_TRY(deployer_.commit_build(caller, commit, now()));
  return MadeImage{std::move(committed), std::move(built.social_images)};
}

// ---- dates ----------------------------------------------------------------------------------------------------------
void Builds::look_at_dates() {
  {
    const std::lock_guard lock(mutex_);
    dates_changed_ = true;
  }
  dates_.notify_one();
}

void Builds::wait_for_dates() {
  name_this_thread("build-dates");
  for (;;) {
    // One instant for both, so that no date falls between them.
    const Instant at = now();
    if (auto queued = queue_due_sites(at); !queued.ok())
      log::error("could not queue the builds that are due", {{"reason", queued.error().context}});
    const std::chrono::milliseconds wait = time_to_next_date(at);
    std::unique_lock lock(mutex_);
    dates_.wait_for(lock, wait, [this] { return stopping_ || dates_changed_; });
    if (stopping_) return;
    dates_changed_ = false;
    lock.unlock();
    report_long_builds();
  }
}

Result<void> Builds::queue_due_sites(Instant at) {
  const auto due = SITEPOD_TRY(meta_.read([&](meta::Session& session) { return meta::list_due_sites(session, at); }));
  if (due.empty()) return {};
  Result<void> written = meta_.write([&](meta::Session& session) -> Result<void> {
    for (const std::string& id : due) {
      const std::optional<meta::Project> project = SITEPOD_TRY(meta::find_project(session, id));
      if (!project || SITEPOD_TRY(meta::find_waiting_build(session, id))) continue;
      meta::Build build = new_build(*project, kBySchedule, at);
      const identity::Caller owner = SITEPOD_TRY(owner_of(session, *project));
      build.actor_id = owner.account_id;
      build.actor_email = owner.email;
      SITEPOD_TRY(meta::insert_build(session, build));
    }
    return {};
  });
  SITEPOD_TRY(std::move(written));
  {
    const std::lock_guard lock(mutex_);
    ++requests_;
  }
  work_.notify_all();
  return {};
}

std::chrono::milliseconds Builds::time_to_next_date(Instant at) {
  const auto next = meta_.read([&](meta::Session& session) { return meta::find_next_due(session, at); });
  const std::chrono::milliseconds longest = kLongestWait;
  if (!next.ok() || !*next) return longest;
  return std::min(longest, std::chrono::milliseconds((*next)->unix_ms - at.unix_ms + 1));
}

// A build ends by itself between two pages when its time is over. Where it does not the operator is told, once.
void Builds::report_long_builds() {
  const Instant at = now();
  const std::lock_guard lock(mutex_);
  std::erase_if(running_, [&](const auto& each) {
    if (at.unix_ms - each.second.unix_ms < 2 * settings_.patience.count()) return false;
    log::error("a build takes very long and does not end",
               {{"build", each.first}, {"started_at", to_rfc3339(each.second)}});
    return true;
  });
}

}  // namespace sitepod::content
