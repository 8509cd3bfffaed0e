// What all connections of one worker share: its loop, clock, caches, and the buffers that exist once per worker instead
// of once per connection. That is why an idle connection owns no buffer at all. Worker thread only, except `loop`'s
// posting functions, the counters and the job count.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/thread_pool.hpp"
#include "http/limits.hpp"
#include "http/request_parser.hpp"
#include "http/status_lines.hpp"
#include "net/event_loop.hpp"
#include "net/timer_wheel.hpp"
#include "serve/access_log.hpp"
#include "serve/blob_cache.hpp"
#include "serve/blob_loader.hpp"
#include "serve/connection_id.hpp"
#include "serve/data_plane.hpp"
#include "serve/job_count.hpp"
#include "serve/miss_limiter.hpp"
#include "serve/output_queue.hpp"
#include "serve/preview_locks.hpp"
#include "serve/site_meters.hpp"

namespace sitepod::serve {

class Connection;

// The stretch of received bytes that one connection is working on. Whole requests are parsed where they were received.
struct InputWindow {
  static constexpr std::size_t kReadBytes = 64 * 1024;
  // A held-back request's head and whatever arrived with it fit in front of a full read.
  static constexpr std::size_t kCapacity = 3 * kReadBytes;

  std::unique_ptr<char[]> bytes = std::make_unique<char[]>(kCapacity);
  std::size_t begin = 0;
  std::size_t end = 0;

  std::string_view view() const { return {bytes.get() + begin, end - begin}; }
  bool empty() const { return begin == end; }
  void consume(std::size_t count) { begin += count; }
  void clear() { begin = end = 0; }
  // Room for one more read, behind what is left.
  std::span<char> room();
};

struct Workbench {
  Workbench(const DataPlaneOptions& data_plane_options, const Openings& data_plane_openings, ThreadPool& blobs,
            ThreadPool& api, JobCount& job_count);
  ~Workbench();

  Connection* find(ConnectionId id);
  // The connection has more to do than its share of this turn.
  void run_again(Connection& connection) { again.push_back(&connection); }
  // The connection has closed; its object is given to another one after this turn.
  void bury(Connection& connection);
  Connection& new_connection();
  void recycle_buried();

  const DataPlaneOptions& options;
  const Openings& openings;
  ThreadPool& blob_pool;
  ThreadPool& api_pool;
  JobCount& jobs;

  net::EventLoop loop;
  net::TimerWheel wheel;
  http::StatusLines status_lines;
  const Snapshot* snapshot = nullptr;  // never null while connections run
  bool draining = false;

  InputWindow input;
  http::RequestParser parser;
  OutputQueue output;
  BlobCache bodies;
  BlobCache files;
  PreviewLocks locks;
  MissLimiter preview_misses;
  SiteMeters meters;
  std::uint64_t throttled_bytes_per_ms = 1;  // this worker's share of what a throttled site may send

  Line line() const { return {wheel.now(), throttled_bytes_per_ms}; }

  // Objects of closed connections are kept and given away again, so that accepting allocates only at a new peak.
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<Connection*> unused;
  std::vector<Connection*> buried;
  std::vector<Connection*> again;

  std::atomic<std::uint64_t> adopted_generation{0};
  std::atomic<std::uint64_t> open_connections{0};
  std::atomic<std::uint64_t> requests{0};
  std::array<std::atomic<std::uint64_t>, 6> answers{};  // from the snapshot, by the first digit of the status
  std::atomic<std::uint64_t> sent_bytes{0};
  std::atomic<std::uint64_t> tls_handshakes{0};
  std::atomic<std::uint64_t> tls_failures{0};

  LineRing* access_ring = nullptr;  // null: no access log is kept
  std::string access_line;

 private:
  BlobCache::StartLoad loader(BlobCache Workbench::*cache);
  // Both on threads that may block.
  LoadedBlob load(BlobCache Workbench::*cache, const OpenBlob& open, const Digest& digest, std::uint64_t size) const;
  void hand_over(BlobCache Workbench::*cache, const Digest& digest, LoadedBlob loaded);
  PreviewLocks::StartCheck checker();
  BlobCache::Resume resumer();
};

// Counters have one writer: a plain addition that other threads may read.
inline void add(std::atomic<std::uint64_t>& counter, std::uint64_t step) {
  counter.store(counter.load(std::memory_order_relaxed) + step, std::memory_order_relaxed);
}

}  // namespace sitepod::serve
