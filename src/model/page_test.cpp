#include "model/page.hpp"

#include <gtest/gtest.h>

namespace sitepod::model {
namespace {

TEST(Page, AddressesFollowTypeAndSection) {
  EXPECT_EQ(page_path(ContentType::kHomepage, "", "index"), "/");
  EXPECT_EQ(page_path(ContentType::kDocs, "s", "a"), "/docs/s/a");
  EXPECT_EQ(page_path(ContentType::kBlog, "", "a"), "/blog/a");
  EXPECT_EQ(page_path(ContentType::kStandalone, "a/b", "c"), "/a/b/c");
  EXPECT_EQ(page_path(ContentType::kStandalone, "", "c"), "/c");
}

}  // namespace
}  // namespace sitepod::model
