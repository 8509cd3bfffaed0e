#include "serve/worker.hpp"

#include <ctime>

#include "serve/connection.hpp"

namespace sitepod::serve {

Worker::Worker(const DataPlaneOptions& options, const Openings& openings, ThreadPool& blob_pool, ThreadPool& api_pool,
               JobCount& jobs)
    : bench_(options, openings, blob_pool, api_pool, jobs) {}

Worker::~Worker() = default;

Result<void> Worker::open(UniqueFd listener) {
  SITEPOD_TRY(bench_.loop.open());
  listener_.emplace(std::move(listener), bench_.loop, bench_.wheel,
                    [this](UniqueFd connection) { bench_.new_connection().open(std::move(connection), nullptr); });
  return listener_->open();
}

Result<void> Worker::open_admin(UniqueFd listener) {
  admin_listener_.emplace(std::move(listener), bench_.loop, bench_.wheel, [this](UniqueFd connection) {
    bench_.new_connection().open(std::move(connection), nullptr, Connection::Door::Admins);
  });
  return admin_listener_->open();
}

Result<void> Worker::open_https(UniqueFd listener, const net::TlsAcceptor& tls) {
  https_listener_.emplace(std::move(listener), bench_.loop, bench_.wheel, [this, &tls](UniqueFd connection) {
    bench_.new_connection().open(std::move(connection), &tls);
  });
  return https_listener_->open();
}

void Worker::run() {
  while (!stopping_.load(std::memory_order_acquire)) turn();
  for (const auto& connection : bench_.connections) connection->close();
  mailbox_.leave();
}

void Worker::stop() {
  stopping_.store(true, std::memory_order_release);
  bench_.loop.wake();
}

void Worker::put(const Snapshot& snapshot) {
  mailbox_.put(&snapshot);
  bench_.loop.wake();
}

// Between turns nothing points into a Snapshot: requests that wait are kept as bytes and answered anew.
void Worker::turn() {
  bench_.loop.wait(sleep_limit());
  adopt_newest();
  bench_.status_lines.refresh(std::time(nullptr));
  bench_.wheel.advance(net::monotonic_now());
  bench_.loop.dispatch();
  run_unfinished();
  bench_.recycle_buried();
  if (emptied_ && bench_.open_connections.load(std::memory_order_relaxed) == 0) emptied_();
}

std::chrono::milliseconds Worker::sleep_limit() const {
  return bench_.again.empty() ? bench_.wheel.time_to_next() : std::chrono::milliseconds(0);
}

void Worker::adopt_newest() {
  mailbox_.take([this](const Snapshot& newest) {
    bench_.snapshot = &newest;
    bench_.adopted_generation.store(newest.generation, std::memory_order_relaxed);
  });
}

// Whatever these leave unfinished again has its turn after all others.
void Worker::run_unfinished() {
  unfinished_.swap(bench_.again);
  for (Connection* connection : unfinished_) connection->advance();
  unfinished_.clear();
}

void Worker::begin_drain(std::function<void()> emptied) {
  bench_.loop.post([this, emptied = std::move(emptied)] {
    bench_.draining = true;
    emptied_ = emptied;
    listener_->close();
    if (https_listener_) https_listener_->close();
    if (admin_listener_) admin_listener_->close();
    // By position: closing the listener has just accepted what was waiting.
    for (std::size_t i = 0; i < bench_.connections.size(); ++i) bench_.connections[i]->close_when_idle();
  });
}

void Worker::close_all() {
  bench_.loop.post([this] {
    for (const auto& connection : bench_.connections) connection->close();
  });
}

void Worker::forget_blobs(std::shared_ptr<const std::vector<Digest>> blobs) {
  bench_.loop.post([this, blobs = std::move(blobs)] {
    for (BlobCache* cache : {&bench_.bodies, &bench_.files}) {
      if (!blobs) cache->forget_all();
      for (std::size_t i = 0; blobs && i < blobs->size(); ++i) cache->forget((*blobs)[i]);
    }
  });
}

WorkerStatus Worker::status() const {
  WorkerStatus status{bench_.adopted_generation.load(std::memory_order_relaxed),
                      bench_.open_connections.load(std::memory_order_relaxed),
                      bench_.requests.load(std::memory_order_relaxed)};
  for (std::size_t i = 0; i < status.answers.size(); ++i)
    status.answers[i] = bench_.answers[i].load(std::memory_order_relaxed);
  status.sent_bytes = bench_.sent_bytes.load(std::memory_order_relaxed);
  status.body_hits = bench_.bodies.hits();
  status.body_misses = bench_.bodies.misses();
  status.file_hits = bench_.files.hits();
  status.file_misses = bench_.files.misses();
  status.tls_handshakes = bench_.tls_handshakes.load(std::memory_order_relaxed);
  status.tls_failures = bench_.tls_failures.load(std::memory_order_relaxed);
  return status;
}

}  // namespace sitepod::serve
