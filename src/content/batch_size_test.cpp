#include "content/batch_size.hpp"

#include <gtest/gtest.h>

namespace sitepod::content {
namespace {

TEST(BatchSize, ShrinksToOneAndGrowsAgainToTheMost) {
  BatchSize size(50);
  EXPECT_EQ(size.get(), 50);
  for (const std::int64_t expected : {12, 3, 1, 1}) {
    size.note_end(false);
    EXPECT_EQ(size.get(), expected);
  }
  for (const std::int64_t expected : {2, 4, 8, 16, 32, 50, 50}) {
    size.note_end(true);
    EXPECT_EQ(size.get(), expected);
  }
}

}  // namespace
}  // namespace sitepod::content
