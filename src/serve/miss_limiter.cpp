#include "serve/miss_limiter.hpp"

#include <chrono>
#include <functional>
#include <string>

#include "base/network.hpp"

namespace sitepod::serve {
namespace {

constexpr net::Monotonic kMinute = std::chrono::minutes(1);

}  // namespace

bool MissLimiter::count(std::string_view address, net::Monotonic now) {
  const std::uint64_t network = std::hash<std::string>()(network_of(address));
  Window* place = nullptr;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    Window& window = windows_[(network + i) % kWindows];
    if (window.network == network && window.misses > 0) {
      place = &window;
      break;
    }
    if (place == nullptr || window.start < place->start) place = &window;
  }
  if (place->network != network || now - place->start >= kMinute) *place = {network, now, 0};
  ++place->misses;
  return place->misses > kMissesPerMinute;
}

}  // namespace sitepod::serve
