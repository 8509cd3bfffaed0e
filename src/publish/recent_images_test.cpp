// What visitors still get of images that are live no more: from facts, through the boot log, to their answers.
#include "publish/recent_images.hpp"

#include <filesystem>

#include "meta/collection.hpp"
#include "meta/recent_images.hpp"
#include "meta/social_images.hpp"
#include "meta/suspensions.hpp"
#include "publish/installation_fixture.hpp"
#include "publish/project_preparation.hpp"

namespace sitepod::publish {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMonday = 1'700'000'000'000;

// A project whose images have a page, a plain script, and a chunk of their own.
class OldFiles : public Installation {
 protected:
  OldFiles() {
    recent = std::chrono::hours(7 * 24);
    clock_ms = kMonday;
    add_project("prj_1", "one");
  }
  static std::string chunk(int number) { return "/app." + std::to_string(10'000'000 + number) + ".js"; }
  static std::string text(int number) { return "chunk " + std::to_string(number); }
  static std::string image(int number) { return "img_" + std::to_string(number); }
  void add(int number) {
    const std::string n = std::to_string(number);
    add_image(image(number), "prj_1",
              {{"index.html", "page " + n},
               {"old" + n + ".html", "old " + n},
               {"plain" + n + ".js", "plain " + n},
               {chunk(number).substr(1), text(number)}});
  }
  // As a deployer does it: pointer, history and feed in one.
  void release(int number, const std::string& environment = "prod") {
    must(meta->write([&](meta::Session& session) -> Result<void> {
      const auto before = SITEPOD_TRY(meta::find_environment(session, "prj_1", environment));
      meta::Release row;
      row.project_id = "prj_1";
      row.environment = environment;
      row.image_id = image(number);
      row.previous_image_id = before ? before->image_id : "";
      row.kind = "deploy";
      row.created_at = {clock_ms};
      const auto seq = SITEPOD_TRY(meta::insert_release(session, row));
      SITEPOD_TRY(meta::upsert_environment(
          session, {"prj_1", environment, row.image_id, row.previous_image_id, seq, 0, row.created_at}));
      SITEPOD_TRY(meta::insert_change(session, "prj_1"));
      return {};
    }));
  }
  void publish() { must(publisher->publish_project("prj_1")); }
  void show(int number, const std::string& environment = "prod") {
    release(number, environment);
    publish();
  }
  void begin_with_two() {
    for (int number : {1, 2}) add(number);
    boot();
    start();
    for (int number : {1, 2}) show(number);
  }
  int status(int number, const std::string& host = "one.sites.test") { return fetch(host, chunk(number)).status; }
};

TEST_F(OldFiles, ChunksOfTheImageBeforeAreServedAndNothingElseOfIt) {
  begin_with_two();
  const auto answer = fetch("one.sites.test", chunk(1));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, text(1));
  EXPECT_EQ(answer.field("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(fetch("one.sites.test", "/plain1.js").status, 404);
  EXPECT_EQ(fetch("one.sites.test", "/old1.html").status, 404);
  EXPECT_EQ(fetch("one.sites.test", "/").body, "page 2");
  EXPECT_EQ(status(2), 200);
  EXPECT_EQ(status(3), 404);
}

TEST_F(OldFiles, ARollbackMakesTheImageRecentThatItLeaves) {
  begin_with_two();
  show(1);
  EXPECT_EQ(fetch("one.sites.test", "/").body, "page 1");
  EXPECT_EQ(status(1), 200);
  EXPECT_EQ(status(2), 200);
}

TEST_F(OldFiles, EnvironmentsAndPreviewsDoNotShareThem) {
  begin_with_two();
  add(3);
  show(3, "beta");
  preview("prj_1", "look", image(2), {now().unix_ms + kDayMs});
  publish();
  EXPECT_EQ(status(3), 404) << "live in beta, never in production";
  EXPECT_EQ(status(1, "one-beta.sites.test"), 404);
  EXPECT_EQ(status(2, "one--look.sites.test"), 200);
  EXPECT_EQ(status(1, "one--look.sites.test"), 404) << "a preview is one image";
}

TEST_F(OldFiles, OnlyTheNewestEightStay) {
  boot();
  start();
  for (int number = 1; number <= 10; ++number) {
    add(number);
    show(number);
  }
  EXPECT_EQ(status(1), 404);
  for (int number = 2; number <= 10; ++number) EXPECT_EQ(status(number), 200) << number;
}

TEST_F(OldFiles, TheyGoWithTheFirstPublicationAfterTheirTime) {
  begin_with_two();
  add(3);
  clock_ms = kMonday + 3 * kDayMs;
  show(3);
  clock_ms = kMonday + 7 * kDayMs;
  must(publisher->publish_changes());
  EXPECT_EQ(status(1), 200) << "to the last instant";
  clock_ms = kMonday + 7 * kDayMs + 1;
  must(publisher->publish_changes());
  EXPECT_EQ(status(1), 404);
  EXPECT_EQ(status(2), 200);
  clock_ms = kMonday + 10 * kDayMs + 1;
  add_project("prj_2", "two");
  must(publisher->publish_project("prj_2"));
  EXPECT_EQ(status(2), 404) << "whoever is published";
  EXPECT_EQ(status(3), 200) << "live for however long";
}

TEST_F(OldFiles, ADayCountsFromWhenTheImageWasLiveForTheLastTime) {
  begin_with_two();
  clock_ms = kMonday + 30 * kDayMs;
  add(3);
  show(3);
  EXPECT_EQ(status(2), 200) << "released a month ago, replaced just now";
  EXPECT_EQ(status(1), 404);
}

TEST_F(OldFiles, ADeletedImageGoesAtOnceAlsoAfterARestart) {
  begin_with_two();
  must(meta->write([](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::delete_image(session, "img_1"));
    SITEPOD_TRY(meta::insert_change(session, "prj_1"));
    return {};
  }));
  publish();
  EXPECT_EQ(status(1), 404);
  boot();
  EXPECT_EQ(status(1), 404);
}

TEST_F(OldFiles, PurgedBytesAreGoneAndTheRestOfTheirImageIsNot) {
  add(2);
  add_image("img_1", "prj_1", {{chunk(1).substr(1), text(1)}, {chunk(11).substr(1), text(11)}});
  boot();
  start();
  for (int number : {1, 2}) show(number);
  must(meta->write([](meta::Session& session) {
    return meta::insert_purged_blob(session, {sha256(text(1)), {}, "leaked", "usr_1", {1}});
  }));
  publisher->forget_image("img_1");
  publish();
  EXPECT_EQ(status(1), 410);
  EXPECT_EQ(status(11), 200);
  boot();
  EXPECT_EQ(status(1), 410) << "before the database is open";
}

TEST_F(OldFiles, AreServedAfterARestartBeforeTheDatabaseIsOpen) {
  begin_with_two();
  boot();
  EXPECT_EQ(fetch("one.sites.test", chunk(1)).body, text(1));
  start();
  EXPECT_EQ(fetch("one.sites.test", chunk(1)).body, text(1));
  clock_ms = kMonday + 7 * kDayMs + 1;
  boot();
  EXPECT_EQ(status(1), 404) << "time goes on while the server is down";
  EXPECT_EQ(status(2), 200);
}

TEST_F(OldFiles, AreFoundInTheDatabaseWhereTheBootLogDoesNotHaveThem) {
  begin_with_two();
  end();
  std::filesystem::remove(folder + "/boot.log");
  std::filesystem::remove_all(folder + "/index");
  boot();
  start();
  EXPECT_EQ(fetch("one.sites.test", chunk(1)).body, text(1));
}

TEST_F(OldFiles, ASettingOfZeroServesNoneAlsoOutOfTheBootLog) {
  begin_with_two();
  recent = {};
  boot();
  EXPECT_EQ(status(1), 404);
  start();
  EXPECT_EQ(status(1), 404);
  EXPECT_EQ(status(2), 200);
}

TEST_F(OldFiles, AnImageThatLacksBytesCostsItsOwnFilesOnly) {
  begin_with_two();
  end();
  std::filesystem::remove(blob_path(text(1)));
  std::filesystem::remove_all(folder + "/index");
  boot();
  start();
  EXPECT_EQ(status(1), 404);
  EXPECT_EQ(status(2), 200);
  add(3);
  show(3);
  EXPECT_EQ(status(2), 200);
  EXPECT_EQ(status(3), 200);
}

TEST_F(OldFiles, WhatTheSiteHasBesideItsImagesIsThereOnlyWhileItHasIt) {
  const std::string path = "assets/social-1.png";
  const std::string picture = "a picture";
  const auto stored = must(blobs->put(std::as_bytes(std::span(picture))));
  must(meta->write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::insert_social_image(session, "prj_1", {path, "card"}));
    return meta::finish_social_image(session, "prj_1", path, stored.sha256, stored.size);
  }));
  begin_with_two();
  EXPECT_EQ(fetch("one.sites.test", "/" + path).status, 200);
  must(meta->write([&](meta::Session& session) { return meta::delete_social_image(session, "prj_1", path); }));
  add(3);
  show(3);
  EXPECT_EQ(fetch("one.sites.test", "/" + path).status, 404) << "its bytes may go";
  EXPECT_EQ(status(2), 200);
}

TEST_F(OldFiles, NewMediaOfTheSiteDoNotMakeThemAnew) {
  begin_with_two();
  publisher->outdate_image(image(1));
  publish();
  EXPECT_EQ(status(1), 200);
  EXPECT_FALSE(std::filesystem::exists(folder + "/index/img_1.6-pending.idx"));
  show(1);
  EXPECT_TRUE(std::filesystem::exists(folder + "/index/img_1.6-pending.idx")) << "released again it lacks nothing";
}

TEST_F(OldFiles, ASuspendedProjectShowsNone) {
  begin_with_two();
  must(meta->write([](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::insert_suspension(session, {"prj_1", "abuse", "usr_1", {1}}));
    SITEPOD_TRY(meta::insert_change(session, "prj_1"));
    return {};
  }));
  publish();
  EXPECT_EQ(status(1), 451);
  boot();
  EXPECT_EQ(status(1), 451) << "before the database is open";
}

TEST_F(OldFiles, TheNewestComeFirstWhereThereIsNoRoomForAll) {
  begin_with_two();
  add(3);
  show(3);
  ImageIndexes indexes(folder + "/index", *blobs);
  const auto prepare = [&](std::size_t room) {
    const auto rule = RecentImages(recent).rule({clock_ms});
    const auto facts =
        must(meta->read([&](meta::Session& session) { return load_facts(session, "prj_1", rule, {clock_ms}); }));
    return must(prepare_project(indexes, *meta, *facts, "sites.test", room));
  };
  const PreparedProject whole = prepare(SIZE_MAX);
  ASSERT_EQ(whole.indexes[0].recent.size(), 2u);
  const std::size_t newest = whole.indexes[0].recent[0]->memory_bytes();
  const std::size_t both = newest + whole.indexes[0].recent[1]->memory_bytes();
  const auto ids = [&](std::size_t room) {
    std::string found;
    const PreparedProject prepared = prepare(room);
    EXPECT_EQ(prepared.indexes[0].recent.size(), prepared.live.hosts[0].recent.size());
    for (const LiveRecent& image : prepared.live.hosts[0].recent) found += image.image_id + " ";
    return found;
  };
  EXPECT_EQ(ids(both), "img_2 img_1 ");
  EXPECT_EQ(ids(both - 1), "img_2 ");
  EXPECT_EQ(ids(newest - 1), "");

  RecentImages images(recent, both + 1);
  EXPECT_EQ(images.room_of("prj_1"), both + 1);
  images.note(whole);
  EXPECT_EQ(images.room_of("prj_2"), 1u);
  EXPECT_EQ(images.room_of("prj_1"), both + 1) << "its own are replaced";
  images.note({{"prj_1", {}, {}}, {}, 0});
  EXPECT_EQ(images.room_of("prj_2"), both + 1) << "a project that is gone takes none";
}

TEST_F(OldFiles, AProjectThatCannotBePublishedIsNotTriedAgainWithEveryPublication) {
  begin_with_two();
  RecentImages images(recent);
  PreparedProject shown{{"prj_1", "one", {{"one.sites.test", "prod", "img_2", "img_2.idx", false}}}, {{}}, 0};
  shown.live.hosts[0].recent = {{"img_1", "img_1.idx", {kMonday}}};
  ImageIndexes indexes(folder + "/index", *blobs);
  shown.indexes[0].recent = {must(indexes.load(*meta, "img_1", "pending")).index};
  images.note(shown);
  const std::int64_t end = kMonday + 7 * kDayMs;
  EXPECT_TRUE(images.take_ended({end}).empty());
  EXPECT_EQ(images.take_ended({end + 1}), std::vector<std::string>{"prj_1"});
  EXPECT_TRUE(images.take_ended({end + 2}).empty());
  EXPECT_EQ(images.take_ended({end + 2 * 3'600'000}), std::vector<std::string>{"prj_1"});
}

TEST_F(OldFiles, MakeNoImageLive) {
  begin_with_two();
  EXPECT_EQ(must(publisher->settle()), std::vector<std::string>{"img_2"});
}

}  // namespace
}  // namespace sitepod::publish
