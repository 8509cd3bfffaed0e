// What a worker has sent per site, and when a throttled site's share of the line is free again. One per worker, which
// alone writes; the sums are read by other threads. A meter's number comes with the SiteView and is never used again
// for another project, so that a count outlives every snapshot.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "net/timer_wheel.hpp"

namespace sitepod::serve {

// The line as a worker has it in one turn.
struct Line {
  net::Monotonic now{};
  std::uint64_t throttled_bytes_per_ms = 1;  // this worker's share of what a throttled site may send
};

struct SiteMeter {
  std::atomic<std::uint64_t> sent_bytes{0};  // of bodies
  net::Monotonic free_at{};                  // worker only: until then a throttled site has used its share
  std::uint32_t waiting = 0;                 // worker only: connections that wait for that with their next answer
  bool is_throttled = false;                 // worker only: as the snapshot said when the site last answered

  // Worker: so much of a body has left.
  void count(std::uint64_t bytes, const Line& line);
};

class SiteMeters {
 public:
  ~SiteMeters();

  // Worker. Allocates for the first of a thousand sites, once. Numbers beyond all pages share the last meter.
  SiteMeter& at(std::uint32_t number) {
    const std::size_t page = number / kPageMeters;
    if (page >= kPages) [[unlikely]]
      return at(kPages * kPageMeters - 1);
    SiteMeter* meters = pages_[page].load(std::memory_order_relaxed);
    if (meters == nullptr) [[unlikely]]
      meters = add_page(page);
    return meters[number % kPageMeters];
  }

  // Any thread: adds what each site has sent to sums[number].
  void add_sent_bytes(std::span<std::uint64_t> sums) const;

 private:
  static constexpr std::size_t kPageMeters = 1024;
  static constexpr std::size_t kPages = 4096;  // four million projects

  SiteMeter* add_page(std::size_t page);

  std::array<std::atomic<SiteMeter*>, kPages> pages_{};
};

}  // namespace sitepod::serve
