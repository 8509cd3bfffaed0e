#include "deploy/collector.hpp"

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "deploy/build_upload.hpp"
#include "deploy/deploy_fixture.hpp"
#include "deploy/digest_file.hpp"
#include "deploy/purger.hpp"
#include "deploy/scrubber.hpp"
#include "meta/collection.hpp"
#include "meta/media.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::int64_t kDayMs = 24ll * 3600 * 1000;
constexpr Instant kLater{kStart.unix_ms + 40 * kDayMs};  // everything of kStart is out of keep_days

class Collections : public Deploys {
 protected:
  CollectReport collect(Instant now = kLater, CollectRequest request = {std::chrono::seconds(0), false}) {
    return Collector(*meta_, *blobs_, settings_of_collector_, visibility_).collect(request, now);
  }
  bool has(const std::string& content) const { return blobs_->find_size(sha256(content)).value().has_value(); }
  std::int64_t count_rows(const std::string& table) {
    std::int64_t count = 0;
    EXPECT_TRUE(meta_
                    ->read([&](meta::Session& session) {
                      return session.query("SELECT count(*) FROM " + table, {}, [&](const meta::Row& row) {
                        count = row.integer(0);
                        return false;
                      });
                    })
                    .ok());
    return count;
  }
  // Makes the plans of a deploy that was never committed expire.
  void expire_plans() {
    EXPECT_TRUE(
        meta_->write([](meta::Session& session) { return meta::delete_expired_plans(session, {INT64_MAX}); }).ok());
  }

  CollectorSettings settings_of_collector_{2, std::chrono::hours(30 * 24), std::chrono::seconds(3600)};
  std::vector<std::string> forgotten_;
  Visibility visibility_{[] { return std::vector<std::string>(); },
                         [this](std::string_view id) { forgotten_.emplace_back(id); }};
};

TEST(DigestFile, FindsWhatWasAddedInAscendingOrderWhateverTheNumberOfRuns) {
  DigestFile file = DigestFile::create("/tmp", 7).value();
  std::vector<Digest> all;
  for (int i = 0; i < 3000; ++i) all.push_back(sha256(std::to_string(i)));
  for (std::size_t i = 0; i < all.size(); i += 2) {
    ASSERT_TRUE(file.add(all[i]).ok());
    ASSERT_TRUE(file.add(all[i]).ok());
  }
  ASSERT_TRUE(file.finish().ok());
  const std::set<Digest> added = [&] {
    std::set<Digest> set;
    for (std::size_t i = 0; i < all.size(); i += 2) set.insert(all[i]);
    return set;
  }();
  std::sort(all.begin(), all.end());
  for (int round = 0; round < 2; ++round) {
    for (const Digest& digest : all) ASSERT_EQ(file.contains(digest).value(), added.contains(digest));
    ASSERT_TRUE(file.rewind().ok());
  }
}

TEST_F(Collections, KeepsWhatIsLiveAndTheNewestOfEachEnvironment) {
  std::vector<std::string> images;
  for (int i = 0; i < 5; ++i) {
    images.push_back(deploy("site", {{"index.html", "page " + std::to_string(i)}}));
    ASSERT_TRUE(release("site").ok());
  }
  ASSERT_TRUE(roll_back("site", images[0]).ok());  // the oldest is live: it is also the latest of the history
  const CollectReport report = collect();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.deleted_images, 3);
  EXPECT_EQ(forgotten_.size(), 3u);
  EXPECT_TRUE(has("page 0"));
  EXPECT_FALSE(has("page 1"));
  EXPECT_FALSE(has("page 2"));
  EXPECT_FALSE(has("page 3"));
  EXPECT_TRUE(has("page 4"));
  EXPECT_EQ(count_rows("images"), 2);
}

TEST_F(Collections, KeepsYoungImagesAndThoseThatVisitorsStillSee) {
  const std::string seen = deploy("site", {{"a", "seen"}});
  for (int i = 0; i < 3; ++i) {
    deploy("site", {{"a", std::to_string(i)}});
    ASSERT_TRUE(release("site").ok());
  }
  EXPECT_EQ(collect({kStart.unix_ms + 29 * kDayMs}).deleted_images, 0);
  visibility_.settle = [&] { return std::vector<std::string>{seen}; };
  EXPECT_EQ(collect().deleted_images, 1);
  EXPECT_TRUE(has("seen"));
  EXPECT_FALSE(has("0"));
}

TEST_F(Collections, WhatVisitorsGetOldFilesOfGoesWithRetentionAndIsTakenFromThemFirst) {
  settings_of_collector_ = {1, std::chrono::hours(0), std::chrono::seconds(0)};
  const std::string first = deploy("site", {{"app.1a2b3c4d.js", "first"}});
  ASSERT_TRUE(release("site").ok());
  deploy("site", {{"a", "second"}});
  ASSERT_TRUE(release("site").ok());
  bool has_bytes_when_asked = false;
  visibility_.settle = [&]() -> Result<std::vector<std::string>> {
    const bool is_gone =
        !SITEPOD_TRY(meta_->read([&](meta::Session& session) { return meta::find_image(session, first); }));
    if (is_gone) has_bytes_when_asked = has("first");
    return std::vector<std::string>();
  };
  const auto newest_change = [&] {
    return meta_->read([](meta::Session& session) { return meta::newest_change(session); }).value();
  };
  const std::int64_t before = newest_change();
  EXPECT_EQ(collect().deleted_images, 1);
  EXPECT_TRUE(has_bytes_when_asked);
  EXPECT_FALSE(has("first"));
  EXPECT_TRUE(has("second"));
  EXPECT_EQ(newest_change(), before + 1) << "so that the publisher looks at the project";
}

TEST_F(Collections, KeepsWhatAPreviewShowsUntilItExpires) {
  const std::string image = deploy("site", {{"a", "previewed"}});
  const auto project =
      meta_->read([](meta::Session& session) { return meta::find_project_by_name(session, "site"); }).value();
  const meta::Preview preview{project->id, "slug", image, "", kStart, {kLater.unix_ms + 1000}};
  ASSERT_TRUE(meta_->write([&](meta::Session& session) { return meta::upsert_preview(session, preview); }).ok());
  deploy("site", {{"a", "newer"}});
  EXPECT_EQ(collect().deleted_images, 0);
  EXPECT_TRUE(has("previewed"));
  EXPECT_EQ(collect({kLater.unix_ms + 1000}).deleted_images, 1);
  EXPECT_FALSE(has("previewed"));
}

TEST_F(Collections, APendingPlanPinsItsBytesByEitherName) {
  for (const NameKind kind : {NameKind::Either, NameKind::Blake3}) {
    const std::string content = "pinned " + std::to_string(static_cast<int>(kind));
    const Planned planned = plan("site", {{"a", content}}, kind).value();
    ASSERT_TRUE(upload(planned.plan_id, content, kind).ok());
    EXPECT_EQ(collect({kStart.unix_ms + 1}).deleted_blobs, 0);
    EXPECT_TRUE(commit(planned.plan_id)->missing.empty());
  }
  const Planned planned = plan("site", {{"a", "left"}}).value();
  ASSERT_TRUE(upload(planned.plan_id, "left").ok());
  EXPECT_EQ(collect({kStart.unix_ms + 2 * kDayMs}).deleted_blobs, 1) << "the plan has expired";
  EXPECT_FALSE(has("left"));
}

TEST_F(Collections, GraceProtectsYoungBytesAndFilesWithoutRows) {
  const Planned planned = plan("site", {{"a", "young"}}).value();
  ASSERT_TRUE(upload(planned.plan_id, "young").ok());
  ASSERT_TRUE(blobs_->put(std::as_bytes(std::span(std::string_view("orphan")))).ok());
  expire_plans();
  EXPECT_EQ(collect({kStart.unix_ms + 1000}, {std::chrono::seconds(3600), false}).deleted_blobs, 0);
  EXPECT_TRUE(has("young"));
  EXPECT_TRUE(has("orphan"));
  CollectReport report = collect({kStart.unix_ms + 1000}, {std::chrono::seconds(0), true});
  EXPECT_EQ(report.deleted_blobs, 1) << "a dry run counts …";
  EXPECT_TRUE(has("young")) << "… and deletes nothing";
  report = collect(now());
  EXPECT_EQ(report.deleted_blobs, 1);
  EXPECT_EQ(report.deleted_orphans, 1);
  EXPECT_EQ(report.freed_bytes, 11u);
  EXPECT_FALSE(has("young"));
  EXPECT_FALSE(has("orphan"));
}

TEST_F(Collections, EncodingsGoWithTheirFileAndStayWithIt) {
  const std::string page(5000, 'x');
  const std::string other(6000, 'y');
  deploy("site", {{"index.html", other}});
  deploy("site", {{"index.html", page}});
  ASSERT_TRUE(release("site").ok());
  ASSERT_TRUE(encoder_->run_pending().ok());
  const std::int64_t before = count_rows("blobs");
  EXPECT_EQ(collect().deleted_images, 1);
  EXPECT_TRUE(has(page));
  EXPECT_FALSE(has(other));
  const auto kept =
      meta_->read([&](meta::Session& session) { return meta::find_variants(session, sha256(page)); }).value();
  EXPECT_EQ(kept.size(), 3u);
  for (const meta::Variant& variant : kept) {
    if (variant.size == 0) continue;
    EXPECT_TRUE(*blobs_->find_size(variant.blob)) << variant.encoding;
  }
  EXPECT_EQ(count_rows("variants"), 3);
  EXPECT_LT(count_rows("blobs"), before);
}

TEST_F(Collections, AnUnreadableManifestEndsTheRunWithNothingDeleted) {
  deploy("site", {{"a", "old"}});
  const std::string image = deploy("site", {{"a", "live"}});
  ASSERT_TRUE(release("site").ok());
  const Planned planned = plan("site", {{"a", "garbage"}}).value();
  ASSERT_TRUE(upload(planned.plan_id, "garbage").ok());
  expire_plans();
  const auto row = meta_->read([&](meta::Session& session) { return meta::find_image(session, image); }).value();
  const std::string hex = row->manifest.hex();
  std::ofstream(blobs_->root() + "/blobs/" + hex.substr(0, 2) + "/" + hex) << "not a manifest";
  const std::int64_t images = count_rows("images"), blobs = count_rows("blobs");
  const CollectReport report = collect();
  EXPECT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.deleted_blobs, 0);
  EXPECT_EQ(count_rows("images"), images);
  EXPECT_EQ(count_rows("blobs"), blobs);
  EXPECT_TRUE(has("garbage"));
  EXPECT_TRUE(has("old"));
}

// The size of §16.9: 20,000 images, beyond every page; each error must leave everything.
TEST_F(Collections, TwentyThousandImagesAndAnErrorHalfwayDeleteNothing) {
  const std::string first = deploy("site", {{"a", "shared"}});
  const auto row = meta_->read([&](meta::Session& session) { return meta::find_image(session, first); }).value();
  ASSERT_TRUE(meta_
                  ->write([&](meta::Session& session) -> Result<void> {
                    for (int i = 0; i < 20'000; ++i) {
                      meta::Image image = *row;
                      image.id = "img_seed" + std::to_string(i);
                      image.plan_id = "";
                      // One in the middle names a manifest that is not there.
                      if (i == 12'345) image.manifest = sha256("nowhere");
                      SITEPOD_TRY(meta::insert_image(session, image));
                    }
                    return {};
                  })
                  .ok());
  const Planned planned = plan("site", {{"a", "garbage"}}).value();
  ASSERT_TRUE(upload(planned.plan_id, "garbage").ok());
  expire_plans();
  const Instant young{kStart.unix_ms + kDayMs};
  CollectReport report = collect(young);
  EXPECT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(count_rows("images"), 20'001);
  EXPECT_TRUE(has("garbage"));

  const auto fix = [](meta::Session& session) {
    return session.execute("DELETE FROM images WHERE id = 'img_seed12345'");
  };
  ASSERT_TRUE(meta_->write(fix).ok());
  // The table of plans is read after the images: an error of the database half-way.
  const auto rename = [](std::string from, std::string to) {
    return [=](meta::Session& session) { return session.execute("ALTER TABLE " + from + " RENAME TO " + to); };
  };
  ASSERT_TRUE(meta_->write(rename("plans", "plans_away")).ok());
  report = collect(young);
  EXPECT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.deleted_blobs, 0);
  EXPECT_TRUE(has("garbage"));
  ASSERT_TRUE(meta_->write(rename("plans_away", "plans")).ok());
  report = collect(young);
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.deleted_blobs, 1);
  EXPECT_FALSE(has("garbage"));
  EXPECT_TRUE(has("shared"));
}

// Reliability rows 34 and 35: collections beside deploys of the same few contents, which become garbage all the time.
TEST_F(Collections, AFileThatABuildFoundInAnImageIsLookedForAgainWhenTheImageIsGone) {
  const std::string image = deploy("site", {{"a.html", "page"}});
  const auto find = [](meta::Session& session) { return meta::find_project_by_name(session, "site"); };
  BuildCommit build{meta_->read(find).value().value(),
                    "prod",
                    {{"a.html", nullptr, sha256("page"), 4, "text/html", MadeFile::Origin::Build}},
                    ""};
  build.upload = deployer_->open_build(build.project).value();
  ASSERT_TRUE(build.upload->take("page", sha256("page")).ok());
  ASSERT_TRUE(meta_->write([&](meta::Session& session) { return meta::delete_image(session, image); }).ok());
  ASSERT_TRUE(collect().errors.empty());
  ASSERT_FALSE(has("page"));
  EXPECT_EQ(code_of(deployer_->commit_build(owner_, build, kStart)), kBuiltFileLost);
}

TEST_F(Collections, RacingDeploysNeverLoseABlob) {
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::thread collecting([&] {
    while (!stop) {
      const CollectReport report = collect({kStart.unix_ms + kDayMs / 2});
      if (!report.errors.empty()) ++failures;
    }
  });
  std::vector<std::thread> deploying;
  for (int t = 0; t < 3; ++t)
    deploying.emplace_back([&, t] {
      for (int i = 0; i < 60; ++i) {
        const Files files = {{"a", "content " + std::to_string(i % 4)}, {"b", "own " + std::to_string(t)}};
        const auto planned = deployer_->plan(owner_, request("site" + std::to_string(t), files), kStart);
        if (!planned.ok()) return void(++failures);
        for (const std::uint32_t position : planned->missing) {
          const Digest name = planned->entries->at(position).name;
          for (const auto& [path, content] : files)
            if (sha256(content) == name && !upload(planned->plan_id, content).ok()) ++failures;
        }
        const auto committed = commit(planned->plan_id);
        if (!committed.ok() || !committed->missing.empty()) {
          ++failures;
          continue;
        }
        // What an image names is there, whatever the collector does.
        for (const auto& [path, content] : files)
          if (!has(content)) ++failures;
        const auto drop = [&](meta::Session& session) { return meta::delete_image(session, committed->image.id); };
        if (!meta_->write(drop).ok()) ++failures;
      }
    });
  for (std::thread& thread : deploying) thread.join();
  stop = true;
  collecting.join();
  EXPECT_EQ(failures.load(), 0);
}

// ---- purge
// --------------------------------------------------------------------------------------------------------------
class Purges : public Collections {
 protected:
  Purger make_purger() {
    collector_ = std::make_unique<Collector>(*meta_, *blobs_, settings_of_collector_, visibility_);
    return Purger(*meta_, *blobs_, *collector_,
                  {[this](std::string_view image) { forgotten_.emplace_back(image); },
                   [this](std::string_view project) {
                     if (is_publishing_broken_) return Result<void>(unavailable("Publishing is broken."));
                     published_.emplace_back(project);
                     return Result<void>();
                   },
                   [this](std::vector<Digest> gone) { uncached_ = std::move(gone); }});
  }
  // A page with all its encodings, and the bytes of the gzip.
  std::string deploy_encoded(const std::string& page) {
    deploy("site", {{"index.html", page}});
    EXPECT_TRUE(encoder_->run_pending().ok());
    return stored_encodings(page).at(0);
  }
  std::vector<std::string> stored_encodings(const std::string& page) {
    const auto variants =
        meta_->read([&](meta::Session& session) { return meta::find_variants(session, sha256(page)); }).value();
    std::vector<std::string> bytes;
    for (const meta::Variant& variant : variants)
      bytes.push_back(blobs_->read_verified(variant.blob, variant.size).value());
    return bytes;
  }
  void add_media(const std::string& project_name, const std::string& path, const std::string& content) {
    const auto added = meta_->write([&](meta::Session& session) -> Result<void> {
      const auto project = SITEPOD_TRY(meta::find_project_by_name(session, project_name));
      return meta::upsert_media(session, project->id,
                                {path, sha256(content), content.size(), "image/webp", 1, 1, "", kStart});
    });
    EXPECT_TRUE(added.ok());
  }
  std::string project_id(const std::string& name) {
    return meta_->read([&](meta::Session& session) { return meta::find_project_by_name(session, name); }).value()->id;
  }
  bool is_unfinished() {
    return !meta_->read([](meta::Session& session) { return meta::list_unfinished_purges(session); })->empty() ||
           !meta_->read([](meta::Session& session) { return meta::list_unfinished_image_purges(session); })->empty();
  }
  void damage(const Digest& blob) {
    const std::string hex = blob.hex();
    std::ofstream(blobs_->root() + "/blobs/" + hex.substr(0, 2) + "/" + hex, std::ios::trunc) << "damaged";
  }

  std::unique_ptr<Collector> collector_;
  std::vector<Digest> uncached_;
  std::vector<std::string> published_;
  bool is_publishing_broken_ = false;
};

TEST_F(Purges, AnImageTakesWithItWhatOnlyItNeeds) {
  const std::string image = deploy("site", {{"a", "secret"}, {"b", "shared"}});
  deploy("site", {{"b", "shared"}});
  Purger purger = make_purger();
  EXPECT_EQ(code_of(purger.purge_image(other_, image, "", kStart)), "forbidden");
  const PurgeReport report = purger.purge_image(owner_, image, "leaked", kStart).value();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_FALSE(has("secret"));
  EXPECT_TRUE(has("shared"));
  EXPECT_EQ(report.kept_blobs, 1);
  EXPECT_EQ(code_of(deployer_->load_image(owner_, image)), "gone");
  EXPECT_EQ(code_of(deployer_->load_image(other_, image)), "image_not_found");
  EXPECT_EQ(code_of(purger.purge_image(owner_, image, "", kStart)), "gone");
  // The owner's purge forbids nobody the content.
  EXPECT_FALSE(deploy("site", {{"a", "secret"}}).empty());
}

TEST_F(Purges, ALiveImageIsNotPurged) {
  const std::string image = deploy("site", {{"a", "live"}});
  ASSERT_TRUE(release("site").ok());
  EXPECT_EQ(code_of(make_purger().purge_image(owner_, image, "", kStart)), "conflict");
  EXPECT_TRUE(has("live"));
}

TEST_F(Purges, PurgedBytesCannotComeBackUntilTheyAreLifted) {
  deploy("site", {{"a", "bad bytes"}, {"b", "good bytes"}});
  ASSERT_TRUE(release("site").ok());
  const Planned open = plan("site", {{"a", "bad bytes"}, {"c", "new"}}).value();
  ASSERT_TRUE(blobs_->quarantine(sha256("bad bytes")).ok());
  Purger purger = make_purger();
  const PurgeReport report = purger.purge_blob(owner_, blake3("bad bytes"), "court order", kStart).value();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_EQ(report.affected_images, 1);
  EXPECT_FALSE(has("bad bytes"));
  EXPECT_TRUE(has("good bytes"));
  EXPECT_TRUE(std::filesystem::is_empty(blobs_->root() + "/quarantine"));
  EXPECT_EQ(uncached_.front(), sha256("bad bytes"));
  for (const NameKind kind : {NameKind::Either, NameKind::Blake3})
    EXPECT_EQ(code_of(plan("other", {{"x", "bad bytes"}}, kind)), "forbidden");
  EXPECT_EQ(code_of(upload(open.plan_id, "bad bytes")), "forbidden") << "by a plan that is older than the purge";
  EXPECT_FALSE(has("bad bytes"));
  ASSERT_TRUE(purger.lift(owner_, sha256("bad bytes"), kStart).ok());
  EXPECT_EQ(code_of(purger.lift(owner_, sha256("bad bytes"), kStart)), "not_found");
  EXPECT_TRUE(upload(open.plan_id, "bad bytes").ok());
}

TEST_F(Purges, EncodingsGoWithTheBytesUnlessSomebodyHasThemAsAFile) {
  const std::string page(5000, 'x');
  const std::string gzip = deploy_encoded(page);
  const std::vector<std::string> all = stored_encodings(page);
  ASSERT_EQ(all.size(), 3u);
  deploy("other", {{"page.bin", all[0]}});
  add_media("other", "media/ab/page.webp", all[1]);
  const PurgeReport report = make_purger().purge_blob(owner_, sha256(page), "", kStart).value();
  EXPECT_TRUE(report.errors.empty());
  EXPECT_FALSE(has(page));
  EXPECT_TRUE(has(all[0]));
  EXPECT_TRUE(has(all[1]));
  EXPECT_FALSE(has(all[2]));
  EXPECT_EQ(report.kept_blobs, 2);
  EXPECT_FALSE(is_unfinished());
}

TEST_F(Purges, OnlyTheNamedBytesGoWhileNobodyCanTellWhatElseIsNeeded) {
  const std::string page(5000, 'x');
  const std::string gzip = deploy_encoded(page);
  const std::string image = deploy("other", {{"page.bin", gzip}});
  const Digest manifest =
      meta_->read([&](meta::Session& session) { return meta::find_image(session, image); }).value()->manifest;
  const std::string sound = blobs_->read_verified(manifest, 1 << 20).value();
  damage(manifest);
  Purger purger = make_purger();
  EXPECT_FALSE(purger.purge_blob(owner_, sha256(page), "", kStart)->errors.empty());
  EXPECT_FALSE(has(page));
  EXPECT_TRUE(has(gzip));
  EXPECT_TRUE(is_unfinished());
  // Once the list can be read again the rest goes.
  ASSERT_TRUE(blobs_->put(std::as_bytes(std::span(sound))).ok());
  ASSERT_TRUE(purger.resume_unfinished(kStart).ok());
  EXPECT_TRUE(has(gzip)) << "it is a file of another site";
  EXPECT_EQ(count_rows("purged_encodings"), 0);
  EXPECT_FALSE(is_unfinished());
}

TEST_F(Purges, SitesThatHaveTheBytesAmongTheirMediaAreShownWithoutThem) {
  deploy("source", {{"a", "picture"}});
  const std::string image = deploy("gallery", {{"index.html", "page"}});
  add_media("gallery", "media/ab/a.webp", "picture");
  Purger purger = make_purger();
  EXPECT_EQ(purger.purge_blob(owner_, sha256("picture"), "", kStart)->affected_images, 2);
  EXPECT_EQ(std::count(forgotten_.begin(), forgotten_.end(), image), 1);
  EXPECT_EQ(std::count(published_.begin(), published_.end(), project_id("gallery")), 1);
  // A build of the site keeps the path, which answers 410 as in the images of before.
  meta::Project gallery =
      meta_->read([](meta::Session& session) { return meta::find_project_by_name(session, "gallery"); })
          .value()
          .value();
  BuildCommit build{
      gallery, "prod", {{"media/ab/a.webp", nullptr, sha256("picture"), 7, "image/webp", MadeFile::Origin::Media}}, ""};
  EXPECT_EQ(code_of(deployer_->commit_build(owner_, build, kStart)), "");
  build.files[0].blob = sha256("never there");
  EXPECT_EQ(code_of(deployer_->commit_build(owner_, build, kStart)), "internal");
}

TEST_F(Purges, WhatWasCutShortGoesOnAtTheNextStart) {
  const std::string page(5000, 'x');
  const std::string gzip = deploy_encoded(page);
  const auto tombstone = [&](meta::Session& session) {
    return meta::insert_purged_blob(session, {sha256(page), blake3(page), "", "usr_owner", kStart});
  };
  ASSERT_TRUE(meta_->write(tombstone).ok());
  EXPECT_TRUE(is_unfinished());
  ASSERT_TRUE(make_purger().resume_unfinished(kStart).ok());
  EXPECT_FALSE(has(page));
  EXPECT_FALSE(has(gzip));
  EXPECT_FALSE(is_unfinished());
  EXPECT_EQ(published_.size(), 1u);
}

TEST_F(Purges, ASiteThatCannotBePublishedKeepsNoBytesInMemoryAndIsTriedAgain) {
  const std::string image = deploy("site", {{"a", "secret"}});
  deploy("site", {{"b", "newer"}});
  deploy("site", {{"c", "bad"}});
  Purger purger = make_purger();
  is_publishing_broken_ = true;
  EXPECT_EQ(purger.purge_image(owner_, image, "", kStart)->errors.size(), 1u);
  EXPECT_EQ(std::count(uncached_.begin(), uncached_.end(), sha256("secret")), 1);
  EXPECT_FALSE(has("secret"));
  EXPECT_EQ(purger.purge_blob(owner_, sha256("bad"), "", kStart)->errors.size(), 1u);
  EXPECT_EQ(uncached_, std::vector{sha256("bad")});
  EXPECT_TRUE(is_unfinished());
  is_publishing_broken_ = false;
  ASSERT_TRUE(purger.resume_unfinished(kStart).ok());
  EXPECT_FALSE(is_unfinished());
}

// ---- scrub
// --------------------------------------------------------------------------------------------------------------
class Scrubs : public Collections {
 protected:
  void damage(const Digest& blob, const std::string& bytes) {
    const std::string hex = blob.hex();
    std::ofstream(blobs_->root() + "/blobs/" + hex.substr(0, 2) + "/" + hex, std::ios::trunc) << bytes;
  }
};

TEST_F(Scrubs, DamagedBytesCountAsMissingUntilTheirNextUpload) {
  deploy("site", {{"a", "twelve bytes"}, {"b", "sound"}});
  damage(sha256("twelve bytes"), "tvelve bytes");
  Scrubber scrubber(*meta_, *blobs_, {0, std::chrono::hours(1)});
  ASSERT_TRUE(scrubber.check_sizes().ok());
  EXPECT_EQ(scrubber.damaged_blobs().value(), 0);
  ASSERT_TRUE(scrubber.check_hashes().ok());
  EXPECT_EQ(scrubber.damaged_blobs().value(), 1);
  EXPECT_FALSE(has("twelve bytes"));
  EXPECT_FALSE(std::filesystem::is_empty(blobs_->root() + "/quarantine"));
  const Planned planned = plan("site", {{"a", "twelve bytes"}, {"b", "sound"}}).value();
  EXPECT_EQ(planned.missing.size(), 1u);
  ASSERT_TRUE(upload(planned.plan_id, "twelve bytes").ok());
  ASSERT_TRUE(commit(planned.plan_id)->missing.empty());
  EXPECT_EQ(scrubber.damaged_blobs().value(), 0);
  EXPECT_TRUE(blobs_->verify(sha256("twelve bytes")).value());
}

TEST_F(Scrubs, ATruncatedFileIsFoundByItsSize) {
  deploy("site", {{"a", "some content"}});
  damage(sha256("some content"), "");
  Scrubber scrubber(*meta_, *blobs_, {0, std::chrono::hours(1)});
  ASSERT_TRUE(scrubber.check_sizes().ok());
  EXPECT_EQ(scrubber.damaged_blobs().value(), 1);
}

TEST_F(Scrubs, ADamagedEncodingIsMadeAgain) {
  const std::string page(5000, 'x');
  deploy("site", {{"index.html", page}});
  ASSERT_TRUE(encoder_->run_pending().ok());
  const auto variants =
      meta_->read([&](meta::Session& session) { return meta::find_variants(session, sha256(page)); }).value();
  ASSERT_EQ(variants.size(), 3u);
  for (const meta::Variant& variant : variants) damage(variant.blob, "damaged");
  Scrubber scrubber(*meta_, *blobs_, {0, std::chrono::hours(1)});
  ASSERT_TRUE(scrubber.check_hashes().ok());
  for (const meta::Variant& variant : variants) EXPECT_TRUE(blobs_->verify(variant.blob).value()) << variant.encoding;
  EXPECT_EQ(scrubber.damaged_blobs().value(), 0);
}

}  // namespace
}  // namespace sitepod::deploy
