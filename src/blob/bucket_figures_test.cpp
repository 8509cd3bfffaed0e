#include "blob/bucket_figures.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace sitepod::blob {
namespace {

using namespace std::chrono_literals;

TEST(BucketFigures, EveryRequestIsCountedOnceByItsEndAndItsTime) {
  BucketCounters counters;
  counters.count(BucketOperation::Put, BucketOutcome::Ok, 5ms);  // a bound counts as within
  counters.count(BucketOperation::Put, BucketOutcome::Failed, 11s);
  counters.count(BucketOperation::Copy, BucketOutcome::Absent, 30ms);
  counters.count_bytes(7, 3);
  const BucketFigures figures = counters.read();
  const auto& put = figures.operations[static_cast<std::size_t>(BucketOperation::Put)];
  EXPECT_EQ(put.requests, (std::array<std::uint64_t, 4>{1, 0, 0, 1}));
  EXPECT_EQ(put.within.front(), 1u);
  EXPECT_EQ(put.within.back(), 1u);
  EXPECT_EQ(std::accumulate(put.within.begin(), put.within.end(), std::uint64_t{0}), 2u);
  EXPECT_DOUBLE_EQ(put.seconds, 11.005);
  EXPECT_EQ(figures.operations[static_cast<std::size_t>(BucketOperation::Copy)].requests[1], 1u);
  EXPECT_EQ(figures.sent_bytes, 7u);
  EXPECT_EQ(figures.received_bytes, 3u);
}

}  // namespace
}  // namespace sitepod::blob
