#include "serve/miss_limiter.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sitepod::serve {
namespace {

using namespace std::chrono_literals;

TEST(MissLimiter, ANetworkMayMissSixtyTimesAMinute) {
  MissLimiter limiter;
  const net::Monotonic start = 1000s;
  for (std::uint32_t i = 0; i < MissLimiter::kMissesPerMinute; ++i)
    EXPECT_FALSE(limiter.count("10.0.0." + std::to_string(i % 250), start));
  EXPECT_TRUE(limiter.count("10.0.0.1", start + 59s)) << "a /24 is one network";
  EXPECT_FALSE(limiter.count("10.0.1.1", start + 59s));
  EXPECT_FALSE(limiter.count("10.0.0.1", start + 60s));
}

TEST(MissLimiter, ManyNetworksDoNotShutEachOtherOut) {
  MissLimiter limiter;
  for (int i = 0; i < 20'000; ++i)
    EXPECT_FALSE(limiter.count("10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1", 1000s));
}

}  // namespace
}  // namespace sitepod::serve
