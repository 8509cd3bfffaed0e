// Hosts that several projects share: what is composed from which project's production, and when it changes.
#include <gtest/gtest.h>

#include <set>

#include "publish/boot_log.hpp"
#include "publish/host_changes.hpp"

namespace sitepod::publish {
namespace {

// A table of hosts that follows a live table, as the publisher keeps them.
class Mounts : public ::testing::Test {
 protected:
  static LiveProject project(const std::string& name, std::vector<LiveMount> mounts = {}, bool with_beta = false) {
    LiveProject made{"prj_" + name, name, {{name + ".sites.test", "prod", "", "", false}}, std::move(mounts)};
    if (with_beta) made.hosts.push_back({name + "-beta.sites.test", "beta", "", "", false});
    return made;
  }
  static LiveProject gone(const std::string& name) { return {"prj_" + name, {}, {}, {}}; }

  void publish(const std::vector<LiveProject>& projects) {
    std::set<std::string> shared;
    auto note = [&](const LiveProject& each) {
      for (const LiveMount& mount : each.mounts) shared.insert(mount.host);
      for (const LiveHost& host : each.hosts)
        if (live_.mounts_of(host.host)) shared.insert(host.host);
    };
    std::vector<std::string> hosts_gone;
    for (const LiveProject& each : projects) {
      note(each);
      if (const LiveProject* before = live_.find(each.project_id)) note(*before);
    }
    for (const LiveProject& each : projects)
      for (std::string& host : live_.apply(each)) hosts_gone.push_back(std::move(host));
    std::vector<serve::HostTable::Change> changes;
    append_host_removals(hosts_gone, changes);
    for (const LiveProject& each : projects) append_host_changes(prepared(each), changes);
    append_mount_changes(live_, table_, "sites.test", shared, changes);
    table_ = table_.with(changes);
    for (const LiveProject& each : projects)
      if (!each.hosts.empty()) {
        EXPECT_TRUE(shows(table_, prepared(*live_.find(each.project_id)))) << each.name;
      }
  }
  static PreparedProject prepared(const LiveProject& live) {
    return {live, std::vector<HostIndexes>(live.hosts.size())};
  }
  // The project that a visitor of this address sees; "-" for none.
  std::string seen(const std::string& host, const std::string& path = "/") const {
    const serve::HostEntry* entry = table_.find(host);
    if (!entry) return "-";
    if (!entry->mounts) return entry->site->project;
    const auto match = entry->mounts->find(path);
    return match.mount ? match.mount->site->project : "-";
  }

  LiveTable live_;
  serve::HostTable table_;
};

TEST_F(Mounts, ACustomDomainWithOneSiteIsAnOrdinaryHost) {
  publish({project("shop", {{"shop.example", "/"}})});
  EXPECT_EQ(seen("shop.example", "/any"), "shop");
  EXPECT_EQ(table_.find("shop.example")->mounts, nullptr);
  EXPECT_NE(table_.find("shop.example")->views, nullptr);
  publish({project("shop")});
  EXPECT_EQ(seen("shop.example"), "-");
}

TEST_F(Mounts, SeveralProjectsShareADomainAndLeaveItOneByOne) {
  publish({project("shop", {{"shop.example", "/"}}), project("blog", {{"shop.example", "/blog"}})});
  EXPECT_EQ(seen("shop.example", "/x"), "shop");
  EXPECT_EQ(seen("shop.example", "/blog/x"), "blog");
  publish({gone("shop")});
  EXPECT_EQ(seen("shop.example", "/x"), "-");
  EXPECT_EQ(seen("shop.example", "/blog/x"), "blog");
  publish({gone("blog")});
  EXPECT_EQ(table_.find("shop.example"), nullptr);
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(Mounts, APathOnAProjectsHostFollowsItsProjectAndEndsWithTheHost) {
  publish({project("shop"), project("blog", {{"shop.sites.test", "/blog"}})});
  EXPECT_EQ(seen("shop.sites.test", "/blog/x"), "blog");
  EXPECT_EQ(seen("shop.sites.test", "/x"), "shop");
  publish({project("shop", {}, true)});
  EXPECT_EQ(seen("shop.sites.test", "/blog/x"), "blog") << "the host's own project was published anew";
  const auto* before = table_.find("shop.sites.test")->mounts->find_slug("/blog")->site.get();
  publish({project("blog", {{"shop.sites.test", "/blog"}}, true)});
  const auto* mount = table_.find("shop.sites.test")->mounts->find_slug("/blog");
  EXPECT_NE(mount->site.get(), before) << "the newest view of the mounted project";
  EXPECT_NE(mount->views->find_environment("beta"), nullptr);
  publish({gone("shop")});
  EXPECT_EQ(table_.find("shop.sites.test"), nullptr) << "its path alone keeps no host of the server's";
}

TEST_F(Mounts, APlaceThatMovesToAnotherProjectIsTheNewOnesAtOnce) {
  publish({project("a", {{"x.example", "/"}}), project("b")});
  publish({project("b", {{"x.example", "/"}})});
  EXPECT_EQ(seen("x.example"), "b");
  EXPECT_TRUE(live_.find("prj_a")->mounts.empty());
  publish({project("a")});
  EXPECT_EQ(seen("x.example"), "b") << "the old owner's next word says nothing about it";
}

TEST_F(Mounts, TheBootLogKeepsThem) {
  const LiveProject shop = project("shop", {{"shop.example", "/"}, {"shop.example", "/docs/ü"}});
  std::string bytes;
  append_boot_record(shop, bytes);
  const BootLogContent content = replay_boot_log(bytes);
  EXPECT_EQ(content.damaged_bytes, 0u);
  EXPECT_EQ(*content.live.find("prj_shop"), shop);
  EXPECT_EQ(content.live.mounts_of("shop.example")->size(), 2u);
}

TEST_F(Mounts, AMountThatCannotBeProvesNothing) {
  for (const LiveMount& bad : {LiveMount{"", "/"}, LiveMount{"x.example", ""}, LiveMount{"x.example", "blog"},
                               LiveMount{"x.example", "/blog/"}}) {
    std::string bytes;
    append_boot_record(project("shop", {bad}), bytes);
    EXPECT_TRUE(replay_boot_log(bytes).live.projects().empty()) << bad.slug;
  }
}

}  // namespace
}  // namespace sitepod::publish
