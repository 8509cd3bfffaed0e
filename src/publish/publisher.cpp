#include "publish/publisher.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "base/time.hpp"
#include "meta/records.hpp"
#include "publish/boot_log.hpp"
#include "publish/host_changes.hpp"
#include "publish/image_indexes.hpp"
#include "publish/meter_numbers.hpp"
#include "publish/picture.hpp"
#include "publish/project_preparation.hpp"
#include "publish/recent_images.hpp"
#include "publish/site_facts.hpp"

namespace sitepod::publish {
namespace {

// Of what is no project's.
using SnapshotChange = std::function<void(serve::Snapshot& next)>;

// A caller that waits for its project to become visible.
struct Waiter {
  std::string project_id;
  std::promise<Result<void>> done;
  std::vector<std::string>* live_images = nullptr;  // filled before `done` when it is wanted
  SnapshotChange change = nullptr;                  // made before anything else when it is wanted
};

Error stopped() { return unavailable("The server is starting or stopping; try again in a moment."); }

void log_failure(std::string_view project_id, const Error& error) {
  log::error("could not publish a project; visitors keep what they see",
             {{"project", project_id},
              {"code", error.code},
              {"reason", error.context.empty() ? error.message : error.context}});
}

}  // namespace

struct Publisher::State {
  State(PublisherOptions publisher_options, const blob::BlobStore& blobs)
      : options(std::move(publisher_options)),
        indexes(options.data_dir + "/index", blobs),
        boot_log(options.data_dir + "/boot.log"),
        recent(options.recent) {}

  const PublisherOptions options;
  ImageIndexes indexes;
  MeterNumbers meters;
  std::atomic<meta::MetaStore*> meta{nullptr};
  std::atomic<std::uint64_t> generation{0};

  // Before start() of the thread that calls boot_snapshot() and start(), then of the publisher thread.
  serve::DataPlane* data_plane = nullptr;
  BootLog boot_log;
  RecentImages recent;                             // its rule() is for every thread
  std::shared_ptr<const serve::Snapshot> current;  // others read it under shown_mutex
  std::int64_t newest_change = 0;                  // the feed has been followed so far

  std::mutex shown_mutex;  // guards the pointer `current` against readers on other threads

  std::mutex mutex;  // guards pending and stopping
  std::condition_variable wake;
  std::vector<Waiter> pending;
  bool stopping = false;
  std::thread thread;

  void run();
  void publish_batch(std::vector<Waiter> waiters);
  Result<PreparedProject> prepare(meta::MetaStore& store, const std::string& project_id,
                                  const std::optional<ProjectFacts>& facts, std::size_t recent_bytes);
  void go_live(const std::vector<PreparedProject>& projects);
  std::shared_ptr<serve::Snapshot> next_snapshot() const;
  void show_change(const SnapshotChange& change, serve::DataPlane& plane);
  Result<void> publish_change(SnapshotChange change, serve::DataPlane& plane);
  void show(std::shared_ptr<const serve::Snapshot> next);
  void forget_removed_projects(const Picture& everything, std::vector<PreparedProject>& projects);
};

Publisher::Publisher(PublisherOptions options, const blob::BlobStore& blobs)
    : state_(std::make_unique<State>(std::move(options), blobs)) {}

Publisher::~Publisher() { stop(); }

void Publisher::stop() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

std::uint64_t Publisher::generation() const { return state_->generation.load(); }

void Publisher::append_metered_projects(std::vector<std::string>& known) const { state_->meters.append_new(known); }

std::shared_ptr<const serve::Snapshot> Publisher::boot_snapshot() {
  State& state = *state_;
  if (auto loaded = state.boot_log.load(); !loaded.ok())
    log::error("could not read the boot log; sites appear when the database is open",
               {{"reason", loaded.error().context}});

  const meta::RecentRule recent_rule = state.recent.rule(state.options.clock());
  std::vector<serve::HostTable::Change> changes;
  for (const auto& [id, project] : state.boot_log.live().projects()) {
    auto prepared = open_logged_project(state.indexes, project, recent_rule, state.recent.room_of(id));
    if (prepared.ok()) {
      prepared->meter = state.meters.number_of(id);
      append_host_changes(*prepared, changes);
      state.recent.note(*prepared);
    } else {
      log::warn("a site waits for the database: its index could not be opened",
                {{"project", id}, {"reason", prepared.error().context}});
    }
  }
  std::set<std::string> shared_hosts;
  for (const auto& [host, mounts] : state.boot_log.live().mounts()) shared_hosts.insert(host);
  append_mount_changes(state.boot_log.live(), serve::HostTable(), state.options.base_domain, shared_hosts, changes);
  auto snapshot = std::make_shared<serve::Snapshot>();
  snapshot->generation = 1;
  snapshot->base_domain = state.options.base_domain;
  snapshot->hosts = serve::HostTable().with(changes);
  snapshot->certificates = state.options.certificates;
  state.show(snapshot);
  return snapshot;
}

Result<void> Publisher::start(meta::MetaStore& meta, serve::DataPlane& data_plane) {
  State& state = *state_;
  SITEPOD_CHECK(state.current != nullptr && !state.thread.joinable());
  SITEPOD_TRY(state.indexes.create_folder());
  state.data_plane = &data_plane;

  const Instant time = state.options.clock();
  Picture everything = SITEPOD_TRY_WITH(load_everything(meta, {state.recent.rule(time), time}), "loading what is live");
  std::vector<PreparedProject> projects;
  for (auto& [id, facts] : everything.projects) {
    auto prepared = state.prepare(meta, id, facts, state.recent.room_of(id));
    if (!prepared.ok()) {
      log_failure(id, prepared.error());
      continue;
    }
    state.recent.note(*prepared);
    projects.push_back(std::move(prepared).value());
  }
  state.forget_removed_projects(everything, projects);
  state.go_live(projects);
  state.newest_change = everything.newest_change;
  if (auto tidied = state.indexes.tidy(meta, state.boot_log.live()); !tidied.ok())
    log::warn("could not tidy the folder of site indexes", {{"reason", tidied.error().context}});
  state.thread = std::thread([state = &state] { state->run(); });
  state.meta.store(&meta);
  return {};
}

Result<void> Publisher::publish_project(std::string_view project_id) {
  State& state = *state_;
  meta::MetaStore* meta = state.meta.load();
  if (!meta) return stopped();
  // Whatever has to be opened or compiled is done on this thread and stays alive until the answer, so that the
  // publisher, which everybody shares, finds it in memory.
  const Instant time = state.options.clock();
  auto facts = SITEPOD_TRY(meta->read(
      [&](meta::Session& session) { return load_facts(session, project_id, state.recent.rule(time), time); }));
  PreparedProject prepared = SITEPOD_TRY(state.prepare(*meta, std::string(project_id), facts, SIZE_MAX));

  std::future<Result<void>> done;
  {
    std::lock_guard lock(state.mutex);
    if (state.stopping) return stopped();
    Waiter& waiter = state.pending.emplace_back();
    waiter.project_id = project_id;
    done = waiter.done.get_future();
  }
  state.wake.notify_one();
  return done.get();
}

std::shared_ptr<const net::TlsCertificates> Publisher::certificates() const {
  std::lock_guard lock(state_->shown_mutex);
  return state_->current ? state_->current->certificates : nullptr;
}

// Every publication follows the change feed; this one asks for nothing else.
Result<void> Publisher::publish_changes() { return publish_project({}); }

bool Publisher::shows_host(const std::string& host) const {
  std::shared_ptr<const serve::Snapshot> shown;
  {
    std::lock_guard lock(state_->shown_mutex);
    shown = state_->current;
  }
  const serve::HostEntry* entry = shown ? shown->hosts.find(host) : nullptr;
  if (!entry) return false;
  return !entry->site || !entry->site->is_preview || entry->site->expires_at > now();
}

Result<void> Publisher::State::publish_change(SnapshotChange change, serve::DataPlane& plane) {
  std::future<Result<void>> done;
  {
    std::lock_guard lock(mutex);
    if (stopping) return stopped();
    if (!thread.joinable()) {
      show_change(change, plane);
      return {};
    }
    Waiter& waiter = pending.emplace_back();
    waiter.change = std::move(change);
    done = waiter.done.get_future();
  }
  wake.notify_one();
  return done.get();
}

Result<void> Publisher::publish_certificates(std::shared_ptr<const net::TlsCertificates> certificates,
                                             serve::DataPlane& data_plane) {
  return state_->publish_change(
      [certificates = std::move(certificates)](serve::Snapshot& next) { next.certificates = certificates; },
      data_plane);
}

Result<void> Publisher::publish_challenges(serve::Challenges challenges, serve::DataPlane& data_plane) {
  auto shown = challenges.empty() ? nullptr : std::make_shared<const serve::Challenges>(std::move(challenges));
  return state_->publish_change([shown = std::move(shown)](serve::Snapshot& next) { next.challenges = shown; },
                                data_plane);
}

std::vector<std::string> Publisher::shown_hosts() const {
  std::shared_ptr<const serve::Snapshot> shown;
  {
    std::lock_guard lock(state_->shown_mutex);
    shown = state_->current;
  }
  std::vector<std::string> hosts;
  if (shown)
    shown->hosts.each([&](const std::string& host, const serve::HostEntry& entry) {
      if (!entry.site || !entry.site->is_preview) hosts.push_back(host);
    });
  return hosts;
}

Result<std::vector<std::string>> Publisher::settle() {
  State& state = *state_;
  if (!state.meta.load()) return stopped();
  std::vector<std::string> live;
  std::future<Result<void>> done;
  {
    std::lock_guard lock(state.mutex);
    if (state.stopping) return stopped();
    // No project has the empty id: what is asked for is the publication itself, with all that the feed says.
    Waiter& waiter = state.pending.emplace_back();
    waiter.live_images = &live;
    done = waiter.done.get_future();
  }
  state.wake.notify_one();
  SITEPOD_TRY(done.get());
  return live;
}

void Publisher::forget_image(const std::string& image_id) { state_->indexes.forget(image_id); }

void Publisher::outdate_image(const std::string& image_id) { state_->indexes.outdate(image_id); }

Result<void> Publisher::carry_index_over(const std::string& image_id) {
  meta::MetaStore* meta = state_->meta.load();
  if (!meta) return stopped();
  const auto image =
      SITEPOD_TRY(meta->read([&](meta::Session& session) { return meta::find_image(session, image_id); }));
  if (image) state_->indexes.carry_over(image_id, image->encoding_state);
  return {};
}

Result<void> Publisher::publish_everything() {
  meta::MetaStore* meta = state_->meta.load();
  if (!meta) return stopped();
  std::vector<std::string> ids;
  SITEPOD_TRY(meta->read([&](meta::Session& session) {
    return meta::each_project_id(session, [&](std::string_view id) { ids.emplace_back(id); });
  }));
  Result<void> outcome;
  for (const std::string& id : ids)
    if (Result<void> published = publish_project(id); !published.ok()) outcome = std::move(published);
  return outcome;
}

Result<void> Publisher::compile_image(std::string_view image_id) {
  meta::MetaStore* meta = state_->meta.load();
  if (!meta) return stopped();
  SITEPOD_TRY(state_->indexes.compile(*meta, image_id));
  return {};
}

Result<void> Publisher::compile_committed_image(std::string_view image_id, const model::Manifest* manifest) {
  meta::MetaStore* meta = state_->meta.load();
  if (!meta) return stopped();
  SITEPOD_TRY(state_->indexes.compile(*meta, image_id, Blobs::WereChecked, manifest));
  return {};
}

void Publisher::State::run() {
  name_this_thread("publisher");
  for (;;) {
    std::vector<Waiter> waiters;
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return stopping || !pending.empty(); });
      waiters.swap(pending);
      if (stopping) {
        for (Waiter& waiter : waiters) waiter.done.set_value(stopped());
        return;
      }
    }
    publish_batch(std::move(waiters));
  }
}

void Publisher::State::publish_batch(std::vector<Waiter> waiters) {
  for (const Waiter& waiter : waiters)
    if (waiter.change) show_change(waiter.change, *data_plane);
  std::set<std::string> asked;
  for (const Waiter& waiter : waiters) asked.insert(waiter.project_id);
  const Instant time = options.clock();
  for (std::string& id : recent.take_ended(time)) asked.insert(std::move(id));
  auto picture =
      load_picture(*meta.load(), boot_log.live(), newest_change, std::move(asked), {recent.rule(time), time});
  if (!picture.ok()) {
    for (Waiter& waiter : waiters) waiter.done.set_value(Error(picture.error()));
    return;
  }

  std::vector<PreparedProject> changed;
  std::unordered_map<std::string, Error> failures;
  for (auto& [id, facts] : picture->projects) {
    auto prepared = prepare(*meta.load(), id, facts, recent.room_of(id));
    if (!prepared.ok()) {
      log_failure(id, prepared.error());
      failures.emplace(id, std::move(prepared).error());
      continue;
    }
    const LiveProject* before = boot_log.live().find(id);
    bool is_shown = prepared->live.hosts.empty()
                        ? before == nullptr
                        : before && *before == prepared->live && shows(current->hosts, *prepared);
    if (is_shown) continue;
    recent.note(*prepared);
    changed.push_back(std::move(prepared).value());
  }
  if (!changed.empty()) go_live(changed);
  newest_change = picture->newest_change;
  for (Waiter& waiter : waiters) {
    if (waiter.live_images) *waiter.live_images = boot_log.live().list_images();
    auto failure = failures.find(waiter.project_id);
    waiter.done.set_value(failure == failures.end() ? Result<void>() : Result<void>(failure->second));
  }
}

Result<PreparedProject> Publisher::State::prepare(meta::MetaStore& store, const std::string& project_id,
                                                  const std::optional<ProjectFacts>& facts, std::size_t recent_bytes) {
  PreparedProject prepared;
  prepared.live.project_id = project_id;
  if (facts) prepared = SITEPOD_TRY(prepare_project(indexes, store, *facts, options.base_domain, recent_bytes));
  prepared.meter = meters.number_of(project_id);
  return prepared;
}

// Projects of the boot log that the database does not have (any more).
void Publisher::State::forget_removed_projects(const Picture& everything, std::vector<PreparedProject>& projects) {
  std::set<std::string_view> known;
  for (const auto& [id, facts] : everything.projects) known.insert(id);
  for (const auto& [id, project] : boot_log.live().projects())
    if (!known.contains(id)) recent.note(projects.emplace_back(PreparedProject{LiveProject{id, {}, {}}, {}, 0}));
}

void Publisher::State::show(std::shared_ptr<const serve::Snapshot> next) {
  generation.store(next->generation);
  // The one before is freed outside the lock.
  std::lock_guard lock(shown_mutex);
  current.swap(next);
}

// As the current one, one generation on.
std::shared_ptr<serve::Snapshot> Publisher::State::next_snapshot() const {
  auto next = std::make_shared<serve::Snapshot>(*current);
  ++next->generation;
  return next;
}

void Publisher::State::show_change(const SnapshotChange& change, serve::DataPlane& plane) {
  const auto next = next_snapshot();
  change(*next);
  plane.publish(next);
  show(next);
}

void Publisher::State::go_live(const std::vector<PreparedProject>& projects) {
  std::vector<LiveProject> states;
  std::set<std::string> shared_hosts;
  auto note_shared_hosts = [&](const LiveProject& project) {
    for (const LiveMount& mount : project.mounts) shared_hosts.insert(mount.host);
    for (const LiveHost& host : project.hosts)
      if (boot_log.live().mounts_of(host.host)) shared_hosts.insert(host.host);
  };
  for (const PreparedProject& project : projects) {
    states.push_back(project.live);
    note_shared_hosts(project.live);
    if (const LiveProject* before = boot_log.live().find(project.live.project_id)) note_shared_hosts(*before);
  }
  BootLog::Recorded recorded = boot_log.record(states);
  // The database has the facts: without this record a restart shows the site a moment later, so visitors need not wait
  // for the disk.
  if (!recorded.durable.ok())
    log::error("could not write the boot log; until it can, sites wait for the database after a restart",
               {{"reason", recorded.durable.error().context}});

  std::vector<serve::HostTable::Change> changes;
  append_host_removals(recorded.hosts_gone, changes);
  for (const PreparedProject& project : projects) append_host_changes(project, changes);
  append_mount_changes(boot_log.live(), current->hosts, options.base_domain, shared_hosts, changes);
  const auto next = next_snapshot();
  next->hosts = current->hosts.with(changes);
  data_plane->publish(next);
  show(next);

  if (!recorded.durable.ok()) return;
  for (const PreparedProject& project : projects)
    for (const LiveHost& host : project.live.hosts) {
      if (!host.image_id.empty()) indexes.remove_other_stages(host.image_id, host.index_file);
      for (const LiveRecent& image : host.recent) indexes.remove_other_stages(image.image_id, image.index_file);
    }
}

}  // namespace sitepod::publish
