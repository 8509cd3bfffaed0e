#include "content/built_files.hpp"

#include <gtest/gtest.h>

namespace sitepod::content {
namespace {

TEST(BuildReport, KeepsEveryLinkWhateverItsTargetHolds) {
  builder::BuiltSite built;
  built.broken_links = {{"/a", 3, "/nowhere"}, {"/b", 70'000, "/new\nline\tand tab"}};
  const auto links = read_report(report_of(built));
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].target, "/nowhere");
  EXPECT_EQ(links[1].page, "/b");
  EXPECT_EQ(links[1].line, 70'000U);
  EXPECT_EQ(links[1].target, "/new%0Aline%09and tab");
}

TEST(BuildReport, LeavesOutRowsThatAreNotWhole) {
  EXPECT_TRUE(read_report("").empty());
  EXPECT_EQ(read_report("/a\t1\t/x\nboom\n\t\n/b\tboom\t/y\n/c\t-1\t/z\n/d\t99999999999\t/w").size(), 1U);
}

}  // namespace
}  // namespace sitepod::content
