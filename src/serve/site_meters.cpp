#include "serve/site_meters.hpp"

#include <algorithm>

namespace sitepod::serve {

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
