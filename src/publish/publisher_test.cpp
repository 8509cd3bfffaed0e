#include "publish/publisher.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "publish/installation_fixture.hpp"

namespace sitepod::publish {
namespace {

TEST_F(Installation, AReleaseThatReturnedIsAReleaseVisitorsSee) {
  boot();
  start();
  add_project("prj_1", "one");
  for (int i = 1; i <= 20; ++i) {
    std::string image = "img_" + std::to_string(i);
    add_image(image, "prj_1", {{"x.txt", "version " + std::to_string(i)}});
    release("prj_1", "prod", image);
    must(publisher->publish_project("prj_1"));
    EXPECT_EQ(fetch("one.sites.test").body, "version " + std::to_string(i));
  }
}

TEST_F(Installation, EachEnvironmentHasItsOwnHost) {
  boot();
  start();
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", "first"}});
  add_image("img_2", "prj_1", {{"x.txt", "second"}});
  release("prj_1", "prod", "img_1");
  release("prj_1", "beta", "img_2");
  must(publisher->publish_project("prj_1"));
  EXPECT_EQ(fetch("one.sites.test").body, "first");
  EXPECT_EQ(fetch("one-beta.sites.test").body, "second");
}

TEST_F(Installation, TheRulesOfABuiltImageCountAndTravelWithIt) {
  boot();
  start();
  add_project("prj_1", "one");
  const Files files{{"_sitepod/other", "not for visitors"}, {"x.txt", "hello"}};
  for (const char* to : {"first", "second"}) {
    Files with_rules = files;
    with_rules["_sitepod/rules"] = "sitepod-rules 1\nredirect\t/old\t/" + std::string(to) + "\n";
    add_image("img_" + std::string(to), "prj_1", with_rules, "build");
  }
  for (const char* to : {"first", "second", "first"}) {
    release("prj_1", "prod", "img_" + std::string(to));
    must(publisher->publish_project("prj_1"));
    auto answer = fetch("one.sites.test", "/old?q");
    EXPECT_EQ(answer.status, 301);
    EXPECT_EQ(answer.field("Location"), "/" + std::string(to) + "?q");
  }
  for (const char* path :
       {"/_sitepod/rules", "/_sitepod/other", "/%5fsitepod/rules", "//_sitepod/rules", "/x/../_sitepod/rules"})
    EXPECT_EQ(fetch("one.sites.test", path).status, 404) << path;
  end();
  boot();
  EXPECT_EQ(fetch("one.sites.test", "/old").status, 301) << "also before the database is open";
}

TEST_F(Installation, RulesThatSomebodyUploadsAreAFileLikeAnyOther) {
  boot();
  start();
  add_project("prj_1", "one");
  const std::string rules = "sitepod-rules 1\nredirect\t/old\t/x.txt\n";
  add_image("img_1", "prj_1", {{"_sitepod/rules", rules}, {"x.txt", "hello"}});
  release("prj_1", "prod", "img_1");
  must(publisher->publish_project("prj_1"));
  EXPECT_EQ(fetch("one.sites.test", "/old").status, 404);
  EXPECT_EQ(fetch("one.sites.test", "/_sitepod/rules").body, rules);
}

TEST_F(Installation, AProjectWithoutAReleaseSaysThatNothingIsReleased) {
  boot();
  start();
  add_project("prj_1", "one");
  must(publisher->publish_project("prj_1"));
  auto answer = fetch("one.sites.test", "/");
  EXPECT_EQ(answer.status, 404);
  EXPECT_NE(answer.body, fetch("unknown.sites.test", "/").body);
}

TEST_F(Installation, SitesAreServedAfterARestartBeforeTheDatabaseIsOpened) {
  boot();
  start();
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", "hello"}});
  release("prj_1", "prod", "img_1");
  must(publisher->publish_project("prj_1"));
  boot();
  EXPECT_EQ(fetch("one.sites.test").body, "hello");
  EXPECT_EQ(publisher->publish_project("prj_1").error().kind, ErrorKind::Unavailable);
  start();
  EXPECT_EQ(fetch("one.sites.test").body, "hello");
}

TEST_F(Installation, StartShowsWhatWasCommittedButNeverPublished) {
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", "hello"}});
  release("prj_1", "prod", "img_1");
  boot();
  EXPECT_EQ(fetch("one.sites.test").status, 404);
  start();
  EXPECT_EQ(fetch("one.sites.test").body, "hello");
}

TEST_F(Installation, ADamagedIndexIsMadeAnewAtStart) {
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", "hello"}});
  release("prj_1", "prod", "img_1");
  boot();
  start();
  for (const std::string& file : index_files()) std::ofstream(folder + "/index/" + file) << "not an index";
  boot();
  EXPECT_EQ(fetch("one.sites.test").status, 404);
  start();
  EXPECT_EQ(fetch("one.sites.test").body, "hello");
}

TEST_F(Installation, ADamagedBootLogDelaysSitesAndLosesNone) {
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", "hello"}});
  release("prj_1", "prod", "img_1");
  boot();
  start();
  end();
  std::ofstream(folder + "/boot.log") << "damage";
  boot();
  start();
  EXPECT_EQ(fetch("one.sites.test").body, "hello");
}

TEST_F(Installation, AnImageWithAMissingBlobFailsAndTheOldOneStays) {
  boot();
  start();
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", "hello"}});
  release("prj_1", "prod", "img_1");
  must(publisher->publish_project("prj_1"));
  add_image("img_2", "prj_1", {{"x.txt", "lost bytes"}});
  std::filesystem::remove(blob_path("lost bytes"));
  release("prj_1", "prod", "img_2");
  EXPECT_FALSE(publisher->compile_image("img_2").ok());
  EXPECT_FALSE(publisher->publish_project("prj_1").ok());
  EXPECT_EQ(fetch("one.sites.test").body, "hello");
  boot();
  start();
  EXPECT_EQ(fetch("one.sites.test").body, "hello");
}

TEST_F(Installation, ADamagedManifestFailsAndOtherProjectsArePublished) {
  add_project("prj_1", "one");
  add_project("prj_2", "two");
  add_image("img_1", "prj_1", {{"x.txt", "first"}});
  add_image("img_2", "prj_2", {{"x.txt", "second"}});
  release("prj_1", "prod", "img_1");
  release("prj_2", "prod", "img_2");
  auto image = must(meta->read([](meta::Session& session) { return meta::find_image(session, "img_1"); }));
  std::string hex = image->manifest.hex();
  std::ofstream(folder + "/blobs/" + hex.substr(0, 2) + "/" + hex, std::ios::app) << "x";
  boot();
  start();
  EXPECT_EQ(fetch("one.sites.test").status, 404);
  EXPECT_EQ(fetch("two.sites.test").body, "second");
}

TEST_F(Installation, ARemovedProjectIsGoneAlsoAfterARestart) {
  add_project("prj_1", "one");
  boot();
  start();
  EXPECT_NE(fetch("one.sites.test", "/").body, fetch("unknown.sites.test", "/").body);
  must(meta->write([](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(session.execute("DELETE FROM projects WHERE id = :id", {{"id", "prj_1"}}));
    SITEPOD_TRY(meta::insert_change(session, "prj_1"));
    return {};
  }));
  must(publisher->publish_project("prj_1"));
  EXPECT_EQ(fetch("one.sites.test", "/").body, fetch("unknown.sites.test", "/").body);
  boot();
  EXPECT_EQ(fetch("one.sites.test", "/").body, fetch("unknown.sites.test", "/").body);
}

TEST_F(Installation, ARenamedProjectLeavesItsOldHost) {
  boot();
  start();
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", "hello"}});
  release("prj_1", "prod", "img_1");
  must(publisher->publish_project("prj_1"));
  must(meta->write([](meta::Session& session) {
    return session.execute("UPDATE projects SET subdomain = 'uno' WHERE id = :id", {{"id", "prj_1"}});
  }));
  must(publisher->publish_project("prj_1"));
  EXPECT_EQ(fetch("uno.sites.test").body, "hello");
  EXPECT_EQ(fetch("one.sites.test").status, 404);
}

TEST_F(Installation, AChangeNobodyAskedForAppearsWithTheNextPublication) {
  boot();
  start();
  add_project("prj_1", "one");
  add_project("prj_2", "two");
  add_image("img_1", "prj_1", {{"x.txt", "hello"}});
  release("prj_1", "prod", "img_1");
  must(publisher->publish_project("prj_2"));
  EXPECT_EQ(fetch("one.sites.test").body, "hello");
}

TEST_F(Installation, NewEncodingsAreOfferedOnceCompiledAndTheirOldIndexGoes) {
  boot();
  start();
  std::string text(5'000, 'a');
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", text}});
  release("prj_1", "prod", "img_1");
  must(publisher->publish_project("prj_1"));
  auto with_gzip = [&] {
    return serve::Client(plane->port()).exchange(get("/x.txt", "one.sites.test", "Accept-Encoding: gzip\r\n"));
  };
  EXPECT_EQ(with_gzip().field("Content-Encoding"), "");
  EXPECT_EQ(index_files(), std::vector<std::string>{"img_1.6-pending.idx"});

  auto encoded = must(blobs->put(std::as_bytes(std::span(std::string_view("pretend this is gzip")))));
  must(meta->write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::upsert_blob(session, {sha256(text), sha256(text), text.size(), ""}, {1}));
    SITEPOD_TRY(meta::insert_variant(session, {sha256(text), "gzip", encoded.sha256, encoded.size}));
    return meta::set_encoding_state(session, "img_1", "gzip");
  }));
  must(publisher->compile_image("img_1"));
  must(publisher->publish_project("prj_1"));
  EXPECT_EQ(with_gzip().field("Content-Encoding"), "gzip");
  EXPECT_EQ(with_gzip().body, "pretend this is gzip");
  EXPECT_EQ(index_files(), std::vector<std::string>{"img_1.6-gzip.idx"});
}

TEST_F(Installation, AVariantWhoseFileIsMissingIsNotOffered) {
  boot();
  start();
  std::string text(5'000, 'a');
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", text}});
  must(meta->write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::upsert_blob(session, {sha256(text), sha256(text), text.size(), ""}, {1}));
    return meta::insert_variant(session, {sha256(text), "gzip", sha256("nowhere"), 10});
  }));
  release("prj_1", "prod", "img_1");
  must(publisher->publish_project("prj_1"));
  auto answer = serve::Client(plane->port()).exchange(get("/x.txt", "one.sites.test", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Encoding"), "");
  EXPECT_EQ(answer.body, text);
}

TEST_F(Installation, AtStartIndexesOfNobodyAreRemoved) {
  std::filesystem::create_directories(folder + "/index");
  std::ofstream(folder + "/index/img_gone.1-done.idx") << "x";
  std::ofstream(folder + "/index/img_1.1-done.idx.tmp-abc") << "x";
  add_project("prj_1", "one");
  add_image("img_1", "prj_1", {{"x.txt", "hello"}});
  release("prj_1", "prod", "img_1");
  boot();
  start();
  EXPECT_EQ(index_files(), std::vector<std::string>{"img_1.6-pending.idx"});
}

TEST_F(Installation, ManyReleasersAtOnceAllSeeTheirOwnRelease) {
  boot();
  start();
  constexpr int kProjects = 8;
  for (int i = 0; i < kProjects; ++i) {
    std::string n = std::to_string(i);
    add_project("prj_" + n, "site" + n);
    for (int v = 0; v < 5; ++v)
      add_image("img_" + n + "_" + std::to_string(v), "prj_" + n,
                {{"x.txt", "site " + n + " version " + std::to_string(v)}});
  }
  std::vector<std::thread> releasers;
  for (int i = 0; i < kProjects; ++i)
    releasers.emplace_back([this, n = std::to_string(i)] {
      for (int v = 0; v < 5; ++v) {
        release("prj_" + n, "prod", "img_" + n + "_" + std::to_string(v));
        must(publisher->publish_project("prj_" + n));
        EXPECT_EQ(fetch("site" + n + ".sites.test").body, "site " + n + " version " + std::to_string(v));
      }
    });
  for (std::thread& releaser : releasers) releaser.join();
}

TEST_F(Installation, CallersThatWaitWhenThePublisherStopsAreAnswered) {
  boot();
  start();
  add_project("prj_1", "one");
  publisher->stop();
  EXPECT_EQ(publisher->publish_project("prj_1").error().kind, ErrorKind::Unavailable);
}

TEST_F(Installation, PreviewsAppearOnTheirHostsAndByPathAndEndWithTheirProject) {
  add_project("p1", "a");
  add_image("img_1", "p1", {{"x.txt", "live"}});
  add_image("img_2", "p1", {{"x.txt", "look"}});
  release("p1", "prod", "img_1");
  boot();
  start();
  const Instant tomorrow{now().unix_ms + 86'400'000};
  preview("p1", "pr-7", "img_2", tomorrow);
  must(publisher->publish_project("p1"));
  EXPECT_EQ(fetch("a.sites.test").body, "live");
  EXPECT_EQ(fetch("a--pr-7.preview.sites.test").body, "look");
  EXPECT_EQ(fetch("a--pr-7.sites.test").body, "look");
  EXPECT_EQ(fetch("a.sites.test", "/__preview__/pr-7/x.txt").body, "look");
  EXPECT_TRUE(publisher->shows_host("a--pr-7.preview.sites.test"));

  // Replaced under the same slug, with a lock: every way in changes.
  preview("p1", "pr-7", "img_1", tomorrow, "some hash");
  must(publisher->publish_project("p1"));
  EXPECT_EQ(fetch("a--pr-7.sites.test").status, 401);
  EXPECT_EQ(fetch("a.sites.test", "/__preview__/pr-7/x.txt").status, 401);

  must(meta->write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::delete_project(session, "p1"));
    SITEPOD_TRY(meta::insert_change(session, "p1"));
    return {};
  }));
  must(publisher->publish_project("p1"));
  for (const char* host : {"a.sites.test", "a--pr-7.preview.sites.test", "a--pr-7.sites.test"})
    EXPECT_EQ(fetch(host).status, 404) << host;
}

TEST_F(Installation, PreviewsOfTheBootLogEndInTimeWithoutTheDatabase) {
  add_project("p1", "a");
  add_image("img_1", "p1", {{"x.txt", "look"}});
  preview("p1", "long", "img_1", {now().unix_ms + 86'400'000});
  preview("p1", "past", "img_1", {now().unix_ms - 1});
  preview("p1", "lock", "img_1", {now().unix_ms + 86'400'000}, "some hash");
  boot();
  start();
  boot();  // and no start()
  EXPECT_EQ(fetch("a--long.sites.test").body, "look");
  EXPECT_EQ(fetch("a--past.sites.test").status, 410);
  EXPECT_EQ(fetch("a--lock.sites.test").status, 401);
  EXPECT_FALSE(publisher->shows_host("a--past.sites.test"));
}

}  // namespace
}  // namespace sitepod::publish
