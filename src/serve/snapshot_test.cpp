#include "serve/snapshot.hpp"

#include <gtest/gtest.h>

#include <fmt/core.h>

namespace sitepod::serve {
namespace {

HostEntry site(std::string project) {
  auto view = std::make_shared<SiteView>();
  view->project = std::move(project);
  return {HostEntry::Kind::Site, std::move(view)};
}

std::string project_at(const HostTable& table, std::string_view host) {
  const HostEntry* entry = table.find(host);
  return entry && entry->site ? entry->site->project : "(none)";
}

TEST(HostTable, OfNoHostsFindsNothing) {
  HostTable table;
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.find(""), nullptr);
  EXPECT_EQ(table.find("blog.example.com"), nullptr);
}

TEST(HostTable, ChangesLeaveTheOldTableAsItWas) {
  HostTable before = HostTable().with({{"a.example.com", site("a")}, {"b.example.com", site("b")}});
  HostTable after =
      before.with({{"a.example.com", site("new a")}, {"b.example.com", std::nullopt}, {"c.example.com", site("c")}});
  EXPECT_EQ(project_at(before, "a.example.com"), "a");
  EXPECT_EQ(project_at(before, "b.example.com"), "b");
  EXPECT_EQ(project_at(before, "c.example.com"), "(none)");
  EXPECT_EQ(before.size(), 2u);
  EXPECT_EQ(project_at(after, "a.example.com"), "new a");
  EXPECT_EQ(project_at(after, "b.example.com"), "(none)");
  EXPECT_EQ(project_at(after, "c.example.com"), "c");
  EXPECT_EQ(after.size(), 2u);
}

TEST(HostTable, TheLastChangeOfAHostCounts) {
  HostTable table = HostTable().with(
      {{"a", site("first")}, {"a", std::nullopt}, {"a", site("last")}, {"b", site("b")}, {"b", std::nullopt}});
  EXPECT_EQ(project_at(table, "a"), "last");
  EXPECT_EQ(table.find("b"), nullptr);
  EXPECT_EQ(table.size(), 1u);
}

TEST(HostTable, RemovingWhatIsNotThereChangesNothing) {
  HostTable table = HostTable().with({{"a", site("a")}}).with({{"b", std::nullopt}});
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(project_at(table, "a"), "a");
}

TEST(HostTable, SharesTheEntriesOfShardsThatDidNotChange) {
  std::vector<HostTable::Change> changes;
  for (int i = 0; i < 5000; ++i) changes.push_back({fmt::format("site-{}.example.com", i), site(fmt::format("{}", i))});
  HostTable before = HostTable().with(changes);
  HostTable after = before.with({{"one-more.example.com", site("one more")}});
  int shared = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string host = fmt::format("site-{}.example.com", i);
    ASSERT_EQ(project_at(after, host), fmt::format("{}", i));
    shared += before.find(host) == after.find(host);
  }
  EXPECT_EQ(after.size(), 5001u);
  // One shard of 1024 was copied: about five hosts of five thousand.
  EXPECT_GT(shared, 4900);
  EXPECT_LT(shared, 5000);
}

TEST(HostTable, FollowsALongHistoryOfChanges) {
  HostTable table;
  std::map<std::string, std::string> expected;
  std::uint32_t random = 1;
  for (int step = 0; step < 3000; ++step) {
    random = random * 1664525 + 1013904223;
    std::string host = fmt::format("h{}", random >> 16 & 255);
    if (random >> 8 & 1) {
      table = table.with({{host, site(fmt::format("{}", step))}});
      expected[host] = fmt::format("{}", step);
    } else {
      table = table.with({{host, std::nullopt}});
      expected.erase(host);
    }
  }
  EXPECT_EQ(table.size(), expected.size());
  for (int i = 0; i < 256; ++i) {
    std::string host = fmt::format("h{}", i);
    EXPECT_EQ(project_at(table, host), expected.contains(host) ? expected[host] : "(none)");
  }
}

TEST(HostTable, KeepsControlHostsApart) {
  HostTable table = HostTable().with({{"example.com", HostEntry{HostEntry::Kind::Control, nullptr}}});
  ASSERT_NE(table.find("example.com"), nullptr);
  EXPECT_EQ(table.find("example.com")->kind, HostEntry::Kind::Control);
}

}  // namespace
}  // namespace sitepod::serve
