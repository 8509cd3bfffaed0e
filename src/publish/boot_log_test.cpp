#include "publish/boot_log.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/file.hpp"

namespace sitepod::publish {
namespace {

LiveProject project(std::string id, std::vector<LiveHost> hosts) { return {id, "name of " + id, std::move(hosts)}; }
LiveHost live(std::string host, std::string image) {
  return {std::move(host), "prod", image, image.empty() ? std::string() : image + ".1-done.idx", false};
}
std::string log_of(const std::vector<LiveProject>& projects) {
  std::string bytes;
  for (const LiveProject& each : projects) append_boot_record(each, bytes);
  return bytes;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/sitepod-boot-log-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

TEST(BootLog, TheLastRecordOfAProjectWins) {
  auto content = replay_boot_log(log_of({project("p1", {live("a.test", "img_1")}), project("p2", {live("b.test", "")}),
                                         project("p1", {live("a.test", "img_2")})}));
  ASSERT_EQ(content.live.projects().size(), 2u);
  EXPECT_EQ(*content.live.find("p1"), project("p1", {live("a.test", "img_2")}));
  EXPECT_EQ(content.live.find("p2")->hosts[0].image_id, "");
  EXPECT_EQ(content.damaged_bytes, 0u);
}

TEST(BootLog, ARecordWithoutHostsRemovesTheProject) {
  auto content = replay_boot_log(log_of({project("p1", {live("a.test", "img_1")}), project("p1", {})}));
  EXPECT_TRUE(content.live.projects().empty());
}

TEST(BootLog, SuspendedAndPausedProjectsStaySo) {
  for (auto restriction : {serve::Restriction::Throttled, serve::Restriction::Paused, serve::Restriction::Suspended}) {
    LiveProject written = project("p1", {live("a.test", "")});
    written.restriction = restriction;
    auto content = replay_boot_log(log_of({written}));
    ASSERT_NE(content.live.find("p1"), nullptr);
    EXPECT_EQ(*content.live.find("p1"), written);
  }
  LiveProject wrong = project("p1", {live("a.test", "")});
  wrong.restriction = static_cast<serve::Restriction>(4);
  EXPECT_EQ(replay_boot_log(log_of({wrong})).live.find("p1"), nullptr);
}

TEST(BootLog, PreviewsKeepTheirEndAndTheirLock) {
  LiveHost preview{"a--pr-7.test", "", "img_1", "img_1.1-done.idx", true, "pr-7", {1'700'000'000'123}, "$argon2id$x"};
  LiveProject written = project("p1", {live("a.test", "img_1"), preview, live("b.test", "")});
  auto content = replay_boot_log(log_of({written}));
  ASSERT_NE(content.live.find("p1"), nullptr);
  EXPECT_EQ(*content.live.find("p1"), written);
  // A preview without a slug, or a slug without a preview, is nothing that was written here.
  preview.preview_slug.clear();
  EXPECT_EQ(replay_boot_log(log_of({project("p1", {preview})})).live.find("p1"), nullptr);
}

TEST(BootLog, RecentImagesStayInTheirOrder) {
  LiveHost host = live("a.test", "img_3");
  host.recent = {{"img_2", "img_2.1-done.idx", {1'700'000'000'123}}, {"img_1", "img_1.1-gzip.idx", {-1}}};
  const LiveProject written = project("p1", {live("b.test", "img_1"), host, live("c.test", "")});
  const auto content = replay_boot_log(log_of({written}));
  ASSERT_NE(content.live.find("p1"), nullptr);
  EXPECT_EQ(*content.live.find("p1"), written);
  EXPECT_EQ(content.live.list_images(), (std::vector<std::string>{"img_1", "img_3"}));
}

TEST(BootLog, ARecentImageThatCannotBeProvesNothing) {
  for (const LiveRecent& bad :
       {LiveRecent{"", "img_1.1-done.idx"}, LiveRecent{"img_1", "../secret"}, LiveRecent{"img_1", ""}}) {
    LiveHost host = live("a.test", "img_3");
    host.recent = {bad};
    EXPECT_TRUE(replay_boot_log(log_of({project("p1", {host})})).live.projects().empty()) << bad.index_file;
  }
  LiveHost nothing_live = live("a.test", "");
  nothing_live.recent = {{"img_1", "img_1.1-done.idx"}};
  EXPECT_TRUE(replay_boot_log(log_of({project("p1", {nothing_live})})).live.projects().empty());
}

TEST(BootLog, EveryTornTailCostsOnlyTheLastRecord) {
  std::string first = log_of({project("p1", {live("a.test", "img_1")})});
  std::string both = first + log_of({project("p1", {live("a.test", "img_2")})});
  for (std::size_t length = first.size(); length < both.size(); ++length) {
    auto content = replay_boot_log(std::string_view(both).substr(0, length));
    ASSERT_NE(content.live.find("p1"), nullptr) << length;
    EXPECT_EQ(content.live.find("p1")->hosts[0].image_id, "img_1") << length;
    EXPECT_EQ(content.valid_bytes, first.size()) << length;
  }
}

TEST(BootLog, EveryFlippedBitCostsTheRecordThatItTouchesAndNoOther) {
  std::string first = log_of({project("p1", {live("a.test", "img_1")})});
  std::string middle = log_of({project("p2", {live("b.test", "img_2")})});
  std::string whole = first + middle + log_of({project("p3", {live("c.test", "img_3")})});
  for (std::size_t bit = first.size() * 8; bit < (first.size() + middle.size()) * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    auto content = replay_boot_log(damaged);
    EXPECT_NE(content.live.find("p1"), nullptr) << bit;
    EXPECT_EQ(content.live.find("p2"), nullptr) << bit;
    EXPECT_NE(content.live.find("p3"), nullptr) << bit;
    EXPECT_EQ(content.damaged_bytes, middle.size()) << bit;
  }
}

TEST(BootLog, AnIndexNameThatLeavesItsFolderProvesNothing) {
  for (const char* name : {"../secret", "/etc/passwd", ".hidden", ""}) {
    LiveProject bad{"p1", "n", {{"a.test", "prod", "img_1", name, false}}};
    EXPECT_TRUE(replay_boot_log(log_of({bad})).live.projects().empty()) << name;
  }
}

TEST(BootLog, WhatWasRecordedIsThereAfterARestart) {
  TemporaryFolder folder;
  {
    BootLog log(folder.file("boot.log"));
    ASSERT_TRUE(log.load().ok());
    std::vector<LiveProject> first = {project("p1", {live("a.test", "img_1"), live("a-beta.test", "img_2")})};
    ASSERT_TRUE(log.record(first).durable.ok());
    std::vector<LiveProject> second = {project("p1", {live("a.test", "img_3")}), project("p2", {live("b.test", "")})};
    auto recorded = log.record(second);
    ASSERT_TRUE(recorded.durable.ok());
    EXPECT_EQ(recorded.hosts_gone, std::vector<std::string>{"a-beta.test"});
  }
  BootLog again(folder.file("boot.log"));
  ASSERT_TRUE(again.load().ok());
  EXPECT_EQ(again.live().projects().size(), 2u);
  EXPECT_EQ(again.live().find("p1")->hosts[0].image_id, "img_3");
}

TEST(BootLog, StaysSmallHoweverOftenAProjectChanges) {
  TemporaryFolder folder;
  BootLog log(folder.file("boot.log"));
  for (int i = 0; i < 1'500; ++i) {
    std::vector<LiveProject> change = {project("p1", {live("a.test", "img_" + std::to_string(i))})};
    ASSERT_TRUE(log.record(change).durable.ok());
  }
  EXPECT_LT(std::filesystem::file_size(folder.file("boot.log")), 130u << 10);
}

TEST(BootLog, AFailedWriteIsMadeGoodByTheNextOne) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("later"));
  std::string path = folder.file("later/boot.log");
  BootLog log(path);
  std::filesystem::remove(folder.file("later"));
  std::vector<LiveProject> first = {project("p1", {live("a.test", "img_1")})};
  EXPECT_FALSE(log.record(first).durable.ok());
  std::filesystem::create_directory(folder.file("later"));
  std::vector<LiveProject> second = {project("p2", {live("b.test", "img_2")})};
  ASSERT_TRUE(log.record(second).durable.ok());
  auto content = replay_boot_log(read_file(path).value());
  EXPECT_EQ(content.live.projects().size(), 2u);
}

TEST(LiveTable, AHostThatMovedToAnotherProjectDoesNotGoWhenItsOldOwnerIsRenamed) {
  LiveTable table;
  table.apply(project("old", {live("x.test", "img_1")}));
  table.apply(project("new", {live("x.test", "img_2")}));
  EXPECT_TRUE(table.apply(project("old", {live("y.test", "img_1")})).empty());
  EXPECT_EQ(table.find("new")->hosts[0].host, "x.test");
  EXPECT_EQ(table.find("old")->hosts[0].host, "y.test");
}

}  // namespace
}  // namespace sitepod::publish
