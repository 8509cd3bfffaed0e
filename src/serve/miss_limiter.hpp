// Counts per network how often a preview was asked for that does not exist, so that slugs cannot be found by trying.
// A table of fixed size: when it is full, the network whose minute began first is forgotten. Worker thread only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/timer_wheel.hpp"

namespace sitepod::serve {

class MissLimiter {
 public:
  static constexpr std::uint32_t kMissesPerMinute = 60;  // of a worker
  // Counts one more; true when these were too many. `address` is numeric.
  bool count(std::string_view address, net::Monotonic now);

 private:
  struct Window {
    std::uint64_t network = 0;
    net::Monotonic start{};
    std::uint32_t misses = 0;
  };
  static constexpr std::size_t kWindows = 1024;
  static constexpr std::size_t kPlaces = 4;  // where one network may stand

  std::array<Window, kWindows> windows_{};
};

}  // namespace sitepod::serve
