#include "serve/data_plane.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

#include "net/listener.hpp"
#include "serve/worker.hpp"

namespace sitepod::serve {

namespace {

std::vector<int> cpus_of_process() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof mask, &mask) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
  }
  return cpus;
}

void pin_this_thread(int cpu) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(cpu, &mask);
  // Pinning only helps caches; a system that refuses it loses nothing else.
  static_cast<void>(::pthread_setaffinity_np(::pthread_self(), sizeof mask, &mask));
}

}  // namespace

struct DataPlane::State {
  State(DataPlaneOptions data_plane_options, Openings data_plane_openings, ThreadPool& blobs, ThreadPool& api)
      : options(std::move(data_plane_options)),
        openings(std::move(data_plane_openings)),
        blob_pool(blobs),
        api_pool(api) {}

  DataPlaneOptions options;  // constant once the workers run
  const Openings openings;
  std::optional<net::TlsAcceptor> tls;  // when https is spoken
  ThreadPool& blob_pool;
  ThreadPool& api_pool;
  JobCount jobs;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  std::uint16_t port = 0;
  std::uint16_t https_port = 0;
  std::uint16_t admin_port = 0;
  std::shared_ptr<const Snapshot> current;  // publisher only: keeps alive what the workers use

  std::mutex drain_mutex;  // guards emptied
  std::condition_variable drained;
  std::vector<bool> emptied;

  Result<void> open_workers(std::size_t count);
  Result<UniqueFd> listen_for_admins(bool is_first);
  void start_threads(const std::vector<int>& cpus);
};

DataPlane::DataPlane(DataPlaneOptions options, Openings openings, ThreadPool& blob_pool, ThreadPool& api_pool)
    : state_(std::make_unique<State>(std::move(options), std::move(openings), blob_pool, api_pool)) {}

DataPlane::~DataPlane() {
  for (auto& worker : state_->workers) worker->stop();
  for (auto& thread : state_->threads) thread.join();
  // Handlers and loaders may still run; what they post is dropped with the loops.
  state_->jobs.wait_for_none();
}

Result<void> DataPlane::State::open_workers(std::size_t count) {
  port = options.listen_port;
  if (options.speaks_https()) {
    tls.emplace();
    https_port = options.https_port;
  }
  // Sharing a port among our own listeners would also share it with another server: look first whether it is free.
  if (port != 0) SITEPOD_TRY(net::check_address_is_free(options.listen_host, port));
  if (https_port != 0) SITEPOD_TRY(net::check_address_is_free(options.https_host, https_port));
  for (std::size_t i = 0; i < count; ++i) {
    UniqueFd listener = SITEPOD_TRY(net::listen_on(options.listen_host, port));
    if (port == 0) port = net::local_port(listener.get());
    UniqueFd https_listener;
    if (options.speaks_https()) {
      https_listener = SITEPOD_TRY(net::listen_on(options.https_host, https_port));
      if (https_port == 0) https_port = net::local_port(https_listener.get());
    }
    UniqueFd admin_listener;
    if (!options.admin_host.empty()) admin_listener = SITEPOD_TRY(listen_for_admins(i == 0));
    auto worker = std::make_unique<Worker>(options, openings, blob_pool, api_pool, jobs);
    worker->slow_throttled_sites_to(options.throttled_bytes_per_second / count);
    SITEPOD_TRY(worker->open(std::move(listener)));
    if (https_listener) SITEPOD_TRY(worker->open_https(std::move(https_listener), *tls));
    if (admin_listener) SITEPOD_TRY(worker->open_admin(std::move(admin_listener)));
    workers.push_back(std::move(worker));
  }
  if (options.public_https_port == 0) options.public_https_port = https_port;
  return {};
}

// The others listen by now: one address cannot have two meanings.
Result<UniqueFd> DataPlane::State::listen_for_admins(bool is_first) {
  if (is_first) {
    admin_port = options.admin_port;
    if (admin_port != 0) SITEPOD_TRY(net::check_address_is_free(options.admin_host, admin_port));
  }
  UniqueFd listener = SITEPOD_TRY(net::listen_on(options.admin_host, admin_port));
  if (admin_port == 0) admin_port = net::local_port(listener.get());
  return listener;
}

void DataPlane::State::start_threads(const std::vector<int>& cpus) {
  const bool one_each = cpus.size() == workers.size();
  for (std::size_t i = 0; i < workers.size(); ++i) {
    threads.emplace_back([&worker = *workers[i], i, cpu = one_each ? cpus[i] : -1] {
      name_this_thread("worker-" + std::to_string(i));
      if (cpu >= 0) pin_this_thread(cpu);
      worker.run();
    });
  }
}

Result<void> DataPlane::start(std::shared_ptr<const Snapshot> first) {
  // sendfile knows no MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<int> cpus = cpus_of_process();
  const std::size_t count =
      state_->options.workers != 0 ? state_->options.workers : std::max<std::size_t>(1, cpus.size());
  if (auto opened = state_->open_workers(count); !opened.ok()) {
    state_->workers.clear();
    return opened;
  }
  state_->current = std::move(first);
  for (auto& worker : state_->workers) worker->put(*state_->current);
  state_->start_threads(cpus);
  for (auto& worker : state_->workers) worker->wait_until_adopted();
  return {};
}

std::uint16_t DataPlane::port() const { return state_->port; }
std::uint16_t DataPlane::https_port() const { return state_->https_port; }
std::uint16_t DataPlane::admin_port() const { return state_->admin_port; }

void DataPlane::publish(std::shared_ptr<const Snapshot> next) {
  for (auto& worker : state_->workers) worker->put(*next);
  for (auto& worker : state_->workers) worker->wait_until_adopted();
  // Nobody uses the previous one any more: it is freed here, on the publisher's thread.
  state_->current = std::move(next);
}

void DataPlane::forget_blobs(std::vector<Digest> blobs) {
  const auto shared = std::make_shared<const std::vector<Digest>>(std::move(blobs));
  for (auto& worker : state_->workers) worker->forget_blobs(shared);
}

void DataPlane::forget_all_blobs() {
  for (auto& worker : state_->workers) worker->forget_blobs(nullptr);
}

void DataPlane::drain(std::chrono::milliseconds deadline) {
  State& state = *state_;
  std::unique_lock lock(state.drain_mutex);
  state.emptied.assign(state.workers.size(), false);
  for (std::size_t i = 0; i < state.workers.size(); ++i) {
    state.workers[i]->begin_drain([&state, i] {
      std::lock_guard emptied_lock(state.drain_mutex);
      state.emptied[i] = true;
      state.drained.notify_all();
    });
  }
  const auto all_empty = [&state] { return std::ranges::all_of(state.emptied, [](bool empty) { return empty; }); };
  if (state.drained.wait_for(lock, deadline, all_empty)) return;
  for (auto& worker : state.workers) worker->close_all();
  state.drained.wait(lock, all_empty);
}

std::vector<WorkerStatus> DataPlane::status() const {
  std::vector<WorkerStatus> status;
  for (const auto& worker : state_->workers) status.push_back(worker->status());
  return status;
}

void DataPlane::add_sent_bytes(std::span<std::uint64_t> sums) const {
  for (const auto& worker : state_->workers) worker->add_sent_bytes(sums);
}

}  // namespace sitepod::serve
