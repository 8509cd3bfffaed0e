#include "serve/site_meters.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sitepod::serve {
namespace {

void send(SiteMeters& meters, std::uint32_t number, std::uint64_t bytes) {
  std::atomic<std::uint64_t>& sent = meters.at(number).sent_bytes;
  sent.store(sent.load() + bytes);
}

TEST(SiteMeters, CountEachSiteForItself) {
  SiteMeters meters;
  send(meters, 0, 5);
  send(meters, 1023, 7);
  send(meters, 1024, 11);
  send(meters, 0, 1);
  std::vector<std::uint64_t> sums(1025, 100);
  meters.add_sent_bytes(sums);
  EXPECT_EQ(sums[0], 106u);
  EXPECT_EQ(sums[1], 100u);
  EXPECT_EQ(sums[1023], 107u);
  EXPECT_EQ(sums[1024], 111u);
}

TEST(SiteMeters, KeepTheirPlaceWhileOthersCome) {
  SiteMeters meters;
  SiteMeter* first = &meters.at(3);
  for (std::uint32_t number = 0; number < 10'000; number += 100) meters.at(number);
  EXPECT_EQ(first, &meters.at(3));
}

TEST(SiteMeters, NumbersBeyondAllPagesStillCountSomewhere) {
  SiteMeters meters;
  send(meters, UINT32_MAX, 1);
  std::vector<std::uint64_t> sums(10);
  meters.add_sent_bytes(sums);
  EXPECT_EQ(sums, std::vector<std::uint64_t>(10));
}

}  // namespace
}  // namespace sitepod::serve
