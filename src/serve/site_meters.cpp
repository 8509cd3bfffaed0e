#include "serve/site_meters.hpp"

#include <algorithm>

namespace sitepod::serve {

namespace {
// However much a throttled site has sent at once, what comes next waits no longer.
constexpr net::Monotonic kLongestShareWait = std::chrono::seconds(5);
}  // namespace

void SiteMeter::count(std::uint64_t bytes, const Line& line) {
  // One writer: a plain addition that other threads may read.
  sent_bytes.store(sent_bytes.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  if (!is_throttled) [[likely]]
    return;
  const auto needed = static_cast<std::int64_t>(std::min<std::uint64_t>(bytes / line.throttled_bytes_per_ms, 1u << 30));
  free_at = std::min(std::max(free_at, line.now) + net::Monotonic(needed), line.now + kLongestShareWait);
}

SiteMeters::~SiteMeters() {
  for (std::atomic<SiteMeter*>& page : pages_) std::unique_ptr<SiteMeter[]>(page.load());
}

SiteMeter* SiteMeters::add_page(std::size_t page) {
  auto meters = std::make_unique<SiteMeter[]>(kPageMeters);
  // Whoever reads the pointer finds the meters made.
  pages_[page].store(meters.get(), std::memory_order_release);
  return meters.release();
}

void SiteMeters::add_sent_bytes(std::span<std::uint64_t> sums) const {
  for (std::size_t first = 0; first < sums.size(); first += kPageMeters) {
    const std::size_t page = first / kPageMeters;
    const SiteMeter* meters = page < kPages ? pages_[page].load(std::memory_order_acquire) : nullptr;
    if (meters == nullptr) continue;
    const std::size_t count = std::min(kPageMeters, sums.size() - first);
    for (std::size_t i = 0; i < count; ++i) sums[first + i] += meters[i].sent_bytes.load(std::memory_order_relaxed);
  }
}

}  // namespace sitepod::serve
