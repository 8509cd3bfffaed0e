// One thread of the data plane: a loop over its own listener and connections. Each turn adopts the newest Snapshot,
// serves what is ready, and sleeps. Everything it shares with other threads is the mailbox, the loop's messages and the
// counters. Constructed and joined by DataPlane; public functions are for any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "net/listener.hpp"
#include "net/mailbox.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

class Worker {
 public:
  Worker(const DataPlaneOptions& options, const Openings& openings, ThreadPool& blob_pool, ThreadPool& api_pool,
         JobCount& jobs);
  ~Worker();

  // Before run(), on the thread that starts the workers.
  Result<void> open(UniqueFd listener);
  // The same for https, behind open(). `tls` outlives the worker.
  Result<void> open_https(UniqueFd listener, const net::TlsAcceptor& tls);
  // The same for the address of admins.
  Result<void> open_admin(UniqueFd listener);
  // The thread's whole life: until stop(). Requires: a Snapshot was put.
  void run();
  void stop();

  // The Snapshot must stay alive until another one has been adopted.
  void put(const Snapshot& snapshot);
  void wait_until_adopted() const { mailbox_.wait_until_taken(); }

  // Accepts no more, closes idle connections, and the others behind their next answer. `emptied` is called on the
  // worker's thread as soon as no connection is left.
  void begin_drain(std::function<void()> emptied);
  void close_all();

  // Nothing: every blob.
  void forget_blobs(std::shared_ptr<const std::vector<Digest>> blobs);

  // Before run().
  void slow_throttled_sites_to(std::uint64_t bytes_per_second) {
    bench_.throttled_bytes_per_ms = std::max<std::uint64_t>(1, bytes_per_second / 1000);
  }

  WorkerStatus status() const;
  void add_sent_bytes(std::span<std::uint64_t> sums) const { bench_.meters.add_sent_bytes(sums); }

 private:
  void turn();
  void adopt_newest();
  void run_unfinished();
  std::chrono::milliseconds sleep_limit() const;

  net::Mailbox<Snapshot> mailbox_;
  std::atomic<bool> stopping_{false};
  Workbench bench_;
  std::optional<net::Listener> listener_;
  std::optional<net::Listener> https_listener_;
  std::optional<net::Listener> admin_listener_;
  std::vector<Connection*> unfinished_;
  std::function<void()> emptied_;
};

}  // namespace sitepod::serve
