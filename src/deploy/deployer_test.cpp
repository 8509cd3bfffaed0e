#include "deploy/deployer.hpp"

#include <chrono>
#include <thread>

#include "blob/bucket_store.hpp"
#include "deploy/deploy_fixture.hpp"
#include "deploy/upload_room.hpp"
#include "meta/collection.hpp"

namespace sitepod::deploy {
namespace {

const std::string kIndex = "<h1>hello</h1>";

TEST_F(Deploys, APlanListsEachMissingNameOnceAndCreatesTheProject) {
  const Planned planned = plan("My.Site", {{"a.html", kIndex}, {"b.html", kIndex}, {"c.js", "1"}}).value();
  EXPECT_EQ(planned.missing.size(), 2u);
  EXPECT_EQ(planned.reusable, 1u) << "entries less what has to travel";
  EXPECT_EQ(planned.content_hash.size(), 64u);
  EXPECT_EQ(deployer_->load_project(owner_, {"my.site", ""})->project.subdomain, "my-site");
}

TEST_F(Deploys, AnImageHasTheContentHashThatAFullyKnownPlanPromises) {
  const std::string first = deploy("site", {{"index.html", kIndex}, {"app.js", "1"}});
  const Planned again = plan("site", {{"index.html", kIndex}, {"app.js", "1"}}).value();
  EXPECT_TRUE(again.missing.empty());
  EXPECT_EQ(again.reusable, 2u);
  const Committed committed = commit(again.plan_id).value();
  EXPECT_NE(committed.image.id, first);
  EXPECT_EQ(committed.image.manifest.hex(), again.content_hash);
  EXPECT_EQ(committed.image.version, 2);
  EXPECT_EQ(committed.image.message, "a message");
  EXPECT_EQ(committed.image.total_size, kIndex.size() + 1);
}

TEST_F(Deploys, OnlyTheRightBytesAreStored) {
  const std::string id = plan("site", {{"index.html", kIndex}, {"empty", ""}}, NameKind::Blake3)->plan_id;
  const std::string name = blake3(kIndex).hex();
  std::string wrong = kIndex;
  wrong[0] = 'x';
  const auto send = [&](const std::string& hash, std::optional<std::uint64_t> length, ReadBody body) {
    return code_of(deployer_->upload(owner_, id, hash, length, body, kStart));
  };
  EXPECT_EQ(send(name, wrong.size(), body_of(wrong)), "hash_mismatch");
  EXPECT_EQ(send(name, 3, body_of("abc")), "size_mismatch");
  EXPECT_EQ(send(name, std::nullopt, body_of("abc")), "size_mismatch");
  EXPECT_EQ(send(name, std::nullopt, body_of(kIndex + "more")), "size_mismatch");
  EXPECT_EQ(send(name, kIndex.size(), body_of(kIndex.substr(0, 4), true)), "invalid_request");
  EXPECT_EQ(send("../../etc/passwd", 3, body_of("abc")), "invalid_hash");
  EXPECT_EQ(send(sha256("absent").hex(), 3, body_of("abc")), "not_found");
  EXPECT_EQ(*blobs_->find_size(sha256(kIndex)), std::nullopt);
  EXPECT_EQ(commit(id)->missing.size(), 2u);

  EXPECT_EQ(send(name, kIndex.size(), body_of(kIndex)), "");
  EXPECT_EQ(send(name, std::nullopt, body_of(kIndex)), "") << "a repeated upload is fine";
  EXPECT_EQ(commit(id)->missing, std::vector<Digest>{blake3("")});
  EXPECT_EQ(send(blake3("").hex(), 0, body_of("")), "");
  EXPECT_TRUE(commit(id)->missing.empty());
}

TEST_F(Deploys, AClaimedSha256IsCheckedAndNeverBelieved) {
  ASSERT_FALSE(deploy("site", {{"known.txt", "known"}}).empty());
  PlanEntry entry;
  entry.path = "index.html";
  entry.name = blake3(kIndex);
  entry.name_kind = NameKind::Blake3;
  entry.claimed_sha256 = sha256("known");
  PlanEntries::Builder builder;
  builder.add(entry);
  const Planned planned = deployer_->plan(owner_, {"site", std::move(builder).build().value(), {}, ""}, kStart).value();
  EXPECT_EQ(planned.missing.size(), 1u) << "the claim finds nothing present";
  EXPECT_EQ(code_of(upload(planned.plan_id, kIndex, NameKind::Blake3)), "hash_mismatch");
}

TEST_F(Deploys, ABlake3NameIsNotFoundByASha256) {
  ASSERT_FALSE(deploy("site", {{"index.html", kIndex}}).empty());
  PlanRequest asked = request("site", {{"index.html", kIndex}});
  PlanEntry entry = asked.entries.at(0);
  entry.name_kind = NameKind::Blake3;  // but it is the SHA-256
  PlanEntries::Builder builder;
  builder.add(entry);
  EXPECT_EQ(deployer_->plan(owner_, {"site", std::move(builder).build().value(), {}, ""}, kStart)->missing.size(), 1u);
}

TEST_F(Deploys, AStrangersHashCountsAsMissing) {
  ASSERT_FALSE(deploy("site", {{"secret.html", kIndex}}).empty());
  EXPECT_EQ(deployer_->plan(other_, request("mine", {{"x.html", kIndex}}), kStart)->missing.size(), 1u);
}

TEST_F(Deploys, ForeignProjectsPlansAndImagesAreForbidden) {
  const std::string image = deploy("site", {{"index.html", kIndex}});
  const std::string id = plan("site", {{"b.html", "b"}})->plan_id;
  EXPECT_EQ(code_of(deployer_->plan(other_, request("SITE", {{"x", "x"}}), kStart)), "forbidden");
  EXPECT_EQ(code_of(deployer_->upload(other_, id, sha256("b").hex(), 1, body_of("b"), kStart)), "forbidden");
  EXPECT_EQ(code_of(deployer_->upload_pack(other_, id, body_of(""), kStart)), "forbidden");
  EXPECT_EQ(code_of(deployer_->commit(other_, id, "", kStart)), "forbidden");
  EXPECT_EQ(code_of(deployer_->release(other_, {{"site", ""}, "prod", image, {}, {}}, kStart)), "forbidden");
  EXPECT_EQ(code_of(deployer_->load_image(other_, image)), "forbidden");
  ASSERT_TRUE(deployer_->plan(other_, request("mine", {{"x", "x"}}), kStart).ok());
  EXPECT_EQ(code_of(deployer_->release(other_, {{"mine", ""}, "prod", image, {}, {}}, kStart)), "forbidden");
  EXPECT_EQ(code_of(deployer_->commit(owner_, "plan_unknown", "", kStart)), "plan_not_found");
}

TEST_F(Deploys, APlanEndsAfterADayUnlessUploadsRenewIt) {
  const std::string id = plan("site", {{"a", "a"}, {"b", "b"}})->plan_id;
  const auto at_hour = [](int hour) { return Instant{kStart.unix_ms + hour * 3'600'000ll}; };
  EXPECT_TRUE(deployer_->upload(owner_, id, sha256("a").hex(), 1, body_of("a"), at_hour(20)).ok());
  EXPECT_TRUE(deployer_->upload(owner_, id, sha256("b").hex(), 1, body_of("b"), at_hour(40)).ok());
  open("run_1");
  EXPECT_EQ(code_of(deployer_->upload(owner_, id, sha256("b").hex(), 1, body_of("b"), at_hour(70))), "plan_expired");
  EXPECT_EQ(code_of(deployer_->commit(owner_, id, "", at_hour(70))), "plan_expired");
  EXPECT_TRUE(deployer_->commit(owner_, id, "", at_hour(60)).ok());
}

TEST_F(Deploys, ManyCommitsOfOnePlanMakeOneImage) {
  const std::string id = plan("site", {{"index.html", kIndex}})->plan_id;
  ASSERT_TRUE(upload(id, kIndex).ok());
  std::vector<std::string> images(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < images.size(); ++i) threads.emplace_back([&, i] { images[i] = commit(id)->image.id; });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& image : images) EXPECT_EQ(image, images[0]);
  EXPECT_EQ(deployer_->list_images(owner_, {"site", ""}, "", 10, 0)->total, 1);
  EXPECT_EQ(code_of(upload(id, kIndex)), "invalid_request") << "a committed plan takes no uploads";
}

TEST_F(Deploys, BytesStagedByAnEarlierRunCountOnlyAfterTheyWereHashedAgain) {
  const Files files{{"good", "good bytes"}, {"torn", "torn bytes"}};
  const std::string id = plan("site", files)->plan_id;
  ASSERT_TRUE(upload(id, "good bytes").ok());
  ASSERT_TRUE(upload(id, "torn bytes").ok());
  open("run_2");
  EXPECT_EQ(plan("site", files)->missing.size(), 2u);
  const std::string hex = sha256("torn bytes").hex();
  std::filesystem::resize_file(folder_ / "data" / "blobs" / hex.substr(0, 2) / hex, 0);
  std::filesystem::resize_file(folder_ / "data" / "blobs" / hex.substr(0, 2) / hex,
                               10);  // the size is right, the bytes are not
  EXPECT_EQ(commit(id)->missing, std::vector<Digest>{sha256("torn bytes")});
  ASSERT_TRUE(upload(id, "torn bytes").ok());
  EXPECT_TRUE(commit(id)->missing.empty());
}

TEST_F(Deploys, QuotasHoldAtPlanUploadAndCommit) {
  settings_.quotas = {2, 10, 15, 1};
  open("run_1");
  EXPECT_EQ(code_of(plan("site", {{"a", "1"}, {"b", "2"}, {"c", "3"}})), "quota_exceeded");
  EXPECT_EQ(code_of(plan("site", {{"a", std::string(11, 'a')}}, NameKind::Blake3)), "quota_exceeded");
  EXPECT_EQ(code_of(plan("site", {{"a", std::string(8, 'a')}, {"b", std::string(8, 'b')}}, NameKind::Blake3)),
            "quota_exceeded");
  const std::string id = plan("site", {{"a", std::string(8, 'a')}, {"b", std::string(8, 'b')}})->plan_id;
  EXPECT_EQ(code_of(upload(id, std::string(8, 'a'))), "");
  EXPECT_EQ(code_of(upload(id, std::string(8, 'a'))), "") << "the same bytes count once";
  EXPECT_EQ(code_of(upload(id, std::string(8, 'b'))), "quota_exceeded");
  const std::string large = plan("site", {{"a", std::string(11, 'a')}})->plan_id;
  EXPECT_EQ(code_of(upload(large, std::string(11, 'a'))), "quota_exceeded");
  EXPECT_EQ(code_of(plan("second", {{"a", "1"}})), "quota_exceeded");
}

TEST_F(Deploys, SubdomainsAreUniqueAndNeverSomebodysEnvironment) {
  ASSERT_FALSE(deploy("my.site", {{"a", "1"}}).empty());
  ASSERT_TRUE(release("my.site", "", "staging").ok());
  ASSERT_TRUE(plan("my-site", {{"a", "1"}}).ok());
  const std::string second = deployer_->load_project(owner_, {"my-site", ""})->project.subdomain;
  EXPECT_EQ(second.size(), std::string("my-site-xxxx").size());
  EXPECT_EQ(code_of(plan("my-site-staging", {{"a", "1"}})), "invalid_request");
  EXPECT_EQ(code_of(plan("my-site-beta", {{"a", "1"}})), "invalid_request");
  ASSERT_TRUE(plan("my-site-docs", {{"a", "1"}}).ok());
  EXPECT_EQ(code_of(release("my.site", "", "docs")), "conflict");
}

TEST_F(Deploys, AReleaseNamesWhatWasLiveBefore) {
  const std::string one = deploy("site", {{"a", "1"}});
  const std::string two = deploy("site", {{"a", "2"}});
  EXPECT_EQ(release("site", one)->previous_image_id, "");
  const Released released = release("site").value();
  EXPECT_EQ(released.image_id, two) << "without an id: the newest commit";
  EXPECT_EQ(released.previous_image_id, one);
  EXPECT_EQ(released.url, "http://site.localhost:8080");
  EXPECT_EQ(release("site", one, "beta")->url, "http://site-beta.localhost:8080");
  EXPECT_EQ(code_of(release("site", "img_unknown")), "image_not_found");
  EXPECT_EQ(code_of(release("nothing")), "not_found");
}

TEST_F(Deploys, RollbackWalksBackOverDeploysAndEndsAtTheOldest) {
  std::vector<std::string> images;
  for (const char* content : {"1", "2", "3"}) {
    images.push_back(deploy("site", {{"a", content}}));
    ASSERT_TRUE(release("site", images.back()).ok());
  }
  EXPECT_EQ(roll_back("site")->image_id, images[1]);
  EXPECT_EQ(roll_back("site")->image_id, images[0]);
  EXPECT_EQ(code_of(roll_back("site")), "invalid_request");
  EXPECT_EQ(roll_back("site", images[2])->image_id, images[2]) << "an explicit target may lie ahead";
  EXPECT_EQ(roll_back("site")->image_id, images[1]);
  ASSERT_TRUE(release("site", images[0]).ok());
  EXPECT_EQ(roll_back("site")->image_id, images[1]) << "what was live when it was released";
  EXPECT_EQ(code_of(roll_back("site", "", "beta")), "invalid_request");
  EXPECT_EQ(roll_back("site", images[0], "beta")->image_id, images[0])
      << "the console deploys to a fresh environment so";
}

TEST_F(Deploys, RollbackAfterAReleaseThatFollowedARollbackBringsBackWhatWasLiveThen) {
  std::vector<std::string> images;
  for (const char* content : {"1", "2", "3", "4"}) images.push_back(deploy("site", {{"a", content}}));
  for (int i : {0, 1}) ASSERT_TRUE(release("site", images[i]).ok());
  ASSERT_TRUE(roll_back("site").ok());
  for (int i : {2, 2}) ASSERT_TRUE(release("site", images[i]).ok());
  EXPECT_EQ(roll_back("site")->image_id, images[0]) << "not the one that was rolled back";
  EXPECT_EQ(code_of(roll_back("site")), "invalid_request");
  // An image that only a rollback showed is what was live, too; behind it the deploys before go on.
  ASSERT_TRUE(roll_back("site", images[3]).ok());
  ASSERT_TRUE(release("site", images[1]).ok());
  EXPECT_EQ(roll_back("site")->image_id, images[3]);
  EXPECT_EQ(roll_back("site")->image_id, images[2]);
}

TEST_F(Deploys, GuardsRefuseAndNameTheCurrentImage) {
  const std::string one = deploy("site", {{"a", "1"}});
  const std::string two = deploy("site", {{"a", "2"}});
  const auto guarded = [&](std::optional<std::string> expected, std::optional<std::int64_t> seq) {
    return deployer_->release(owner_, {{"site", ""}, "prod", two, std::move(expected), seq}, kStart);
  };
  ASSERT_TRUE(deployer_->release(owner_, {{"site", ""}, "prod", one, "", 10}, kStart).ok());
  const Error refused = guarded("img_other", {}).error();
  EXPECT_EQ(refused.code, "conflict");
  EXPECT_EQ(refused.details.at(0).second, one);
  EXPECT_EQ(code_of(guarded({}, 9)), "conflict");
  EXPECT_EQ(code_of(guarded(one, 11)), "");
}

TEST_F(Deploys, RacingReleasesAgreeOnOneOrder) {
  std::vector<std::string> images;
  for (int i = 0; i < 4; ++i) images.push_back(deploy("site", {{"a", std::to_string(i)}}));
  std::vector<std::thread> threads;
  for (const std::string& image : images)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(release("site", image).ok());
    });
  for (std::thread& thread : threads) thread.join();
  const std::string id = deployer_->load_project(owner_, {"site", ""})->project.id;
  const std::vector<meta::Release> releases =
      meta_->read([&](meta::Session& session) { return meta::list_releases(session, id, 100, 0); }).value();
  ASSERT_EQ(releases.size(), 40u);
  EXPECT_EQ(deployer_->load_current(owner_, {"site", ""}, "prod")->image.id, releases[0].image_id);
  for (std::size_t i = 0; i + 1 < releases.size(); ++i)
    EXPECT_EQ(releases[i].previous_image_id, releases[i + 1].image_id);
}

TEST_F(Deploys, HistoryIsInTheOrderOfCommits) {
  std::vector<std::string> images;
  for (int i = 0; i < 3; ++i) images.push_back(deploy("site", {{"a", std::to_string(i)}}));
  ASSERT_TRUE(release("site", images[0]).ok());
  const ImagePage page = deployer_->list_images(owner_, {"site", ""}, "", 2, 0).value();
  EXPECT_EQ(page.total, 3);
  ASSERT_EQ(page.images.size(), 2u);
  EXPECT_EQ(page.images[0].image.id, images[2]);
  EXPECT_EQ(deployer_->list_images(owner_, {"site", ""}, "", 2, 2)->images.at(0).deployed_to,
            std::vector<std::string>{"prod"});
  EXPECT_EQ(deployer_->list_images(owner_, {"site", ""}, "prod", 10, 0)->total, 1);
  EXPECT_EQ(deployer_->load_image(owner_, images[1])->manifest.size(), 1u);
  EXPECT_EQ(code_of(deployer_->load_current(owner_, {"site", ""}, "beta")), "not_found");
}

TEST_F(Deploys, MoreUploadsThanSlotsWaitAndThenAreTurnedAway) {
  settings_.uploads_per_plan = 1;
  settings_.upload_patience = std::chrono::milliseconds(1);
  open("run_1");
  const std::string id = plan("site", {{"a", "a"}, {"b", "b"}})->plan_id;
  std::string inner;
  const ReadBody nested = [&](std::span<std::byte>) -> Result<std::size_t> {
    inner = code_of(upload(id, "b"));  // while the first one holds the only slot
    return invalid_request("done");
  };
  EXPECT_FALSE(deployer_->upload(owner_, id, sha256("a").hex(), 1, nested, kStart).ok());
  EXPECT_EQ(inner, "rate_limited");
  EXPECT_EQ(code_of(upload(id, "b")), "") << "the slot is free again";
}

TEST_F(Deploys, SmallDeploysHaveGzipBeforeCommitAnswersAndTheRestFollows) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "line " + std::to_string(i % 7) + "\n";
  const std::string noise = random_base62(3000);
  const std::string image = deploy("site", {{"a.txt", text}, {"noise.png", noise}, {"tiny.txt", "x"}});
  const auto encodings = [&](const std::string& content) {
    std::string names;
    const auto variants =
        meta_->read([&](meta::Session& session) { return meta::find_variants(session, sha256(content)); });
    for (const meta::Variant& variant : variants.value())
      if (variant.size != 0 && *blobs_->find_size(variant.blob) == variant.size) names += variant.encoding + " ";
    return names;
  };
  EXPECT_EQ(encodings(text), "gzip ");
  std::vector<std::string> told;
  encoder_->on_encoded(
      [&](const std::string& image_id, const std::string&, Encoder::Made) { told.push_back(image_id); });
  ASSERT_TRUE(encoder_->run_pending().ok());
  EXPECT_NE(encodings(text).find("br"), std::string::npos);
  EXPECT_NE(encodings(text).find("zstd"), std::string::npos);
  EXPECT_EQ(encodings(noise), "");
  EXPECT_EQ(told, std::vector<std::string>{image});
  EXPECT_EQ(deployer_->load_image(owner_, image)->listed.image.encoding_state, "done");
}

TEST_F(Deploys, AnUploadThatIsNotRecordedLeavesItsRoomToOthers) {
  settings_.quotas = {10, 100, 15, 10};
  open("run_1");
  const std::string bad(10, 'x');
  const std::string good(10, 'g');
  const std::string id = plan("site", {{"bad", bad}, {"good", good}}).value().plan_id;
  ASSERT_TRUE(meta_
                  ->write([&](meta::Session& session) {
                    return meta::insert_purged_blob(session, {sha256(bad), blake3(bad), "", "usr_owner", kStart});
                  })
                  .ok());
  EXPECT_EQ(code_of(upload(id, bad)), "forbidden");
  EXPECT_EQ(code_of(upload(id, good)), "");
}

TEST_F(Deploys, RoomThatTheDatabaseRefusesIsNotHeldInMemoryEither) {
  constexpr std::uint64_t kLimit = 3u << 20;
  const std::string id = plan("site", {{"a", "a"}, {"b", "b"}}).value().plan_id;
  const auto head = meta_->read([&](meta::Session& session) { return meta::find_plan(session, id); }).value().value();
  const auto entries = std::make_shared<const PlanEntries>(PlanEntries::from_bytes(head.entries).value());
  OpenPlan open(head, {}, entries);
  ASSERT_TRUE(meta_
                  ->write([&](meta::Session& session) -> Result<void> {
                    SITEPOD_TRY(session.execute("UPDATE plans SET room_bytes = :bytes WHERE id = :id",
                                                {{"bytes", kLimit - (1u << 19)}, {"id", id}}));
                    return {};
                  })
                  .ok());
  UploadRoom room(meta_.get(), open, 0, kLimit);
  ASSERT_TRUE(room.hold(1).ok());
  ASSERT_TRUE(room.hold(2).ok());
  EXPECT_TRUE(open.reserve(1, kLimit - 2, kLimit)) << "all that two bytes leave";
}

TEST_F(Deploys, AnImageWithNothingToEncodeIsDoneWhenItIsCommitted) {
  encoder_->on_encoded([](const std::string&, const std::string&, Encoder::Made) { ADD_FAILURE() << "no work"; });
  const std::string image = deploy("site", {{"index.html", "too small"}, {"picture.png", std::string(5000, 'x')}});
  EXPECT_EQ(deployer_->load_image(owner_, image)->listed.image.encoding_state, "done");
  ASSERT_TRUE(encoder_->run_pending().ok());
}

TEST_F(Deploys, EncodingsGiveWayToWhatSomebodyWaitsForButGoOn) {
  using namespace std::chrono;
  EncoderSettings settings;
  settings.early_max_files = 0;
  settings.longest_pause = milliseconds(20);
  close();
  blobs_ = blob::DiskStore::open((folder_ / "data").string()).value();
  encoder_ = std::make_unique<Encoder>(*meta_, *blobs_, settings);
  deployer_ = std::make_unique<Deployer>(*meta_, *blobs_, *encoder_, settings_);
  Files files;
  for (const char c : {'a', 'b', 'c', 'd'}) files[std::string(1, c) + ".html"] = std::string(5000, c);
  const std::string image = deploy("paused", files);
  const auto begin = steady_clock::now();
  {
    const Encoder::Pause pause = deployer_->pause_encodings();
    ASSERT_TRUE(encoder_->run_pending().ok());
  }
  // Three encodings of each.
  EXPECT_GE(steady_clock::now() - begin, milliseconds(20) * 12);
  EXPECT_EQ(deployer_->load_image(owner_, image)->listed.image.encoding_state, "done");
}

TEST_F(Deploys, EncodingsThatAnOutageKeptFromBeingMadeAreMadeAfterIt) {
  Files many;
  for (int i = 0; i < 101; ++i) many[std::to_string(i) + ".html"] = std::string(5000, 'x') + std::to_string(i);
  const std::string image = deploy("site", many);
  blob::BucketSettings nowhere;
  nowhere.endpoint = "http://127.0.0.1:1";
  nowhere.name = nowhere.region = nowhere.access_key = nowhere.secret_key = "none";
  nowhere.read_patience = nowhere.write_patience = std::chrono::milliseconds(1);
  {
    const auto bucket =
        blob::BucketStore::open((folder_ / "data").string(), nowhere, blob::BucketStore::Folder::OfThisBucket);
    Encoder encoder(*meta_, **bucket);
    const Result<void> ran = encoder.run_pending();
    ASSERT_FALSE(ran.ok());
    EXPECT_EQ(ran.error().kind, ErrorKind::Unavailable);
  }
  EXPECT_EQ(deployer_->load_image(owner_, image)->listed.image.encoding_state, "pending");
  ASSERT_TRUE(encoder_->run_pending().ok());
  EXPECT_EQ(deployer_->load_image(owner_, image)->listed.image.encoding_state, "done");
}

TEST_F(Deploys, EncodingsThatAreThereAlreadyAreNotShownAgain) {
  const std::string page(5000, 'x');
  std::vector<Encoder::Made> made;
  encoder_->on_encoded([&](const std::string&, const std::string&, Encoder::Made what) { made.push_back(what); });
  deploy("site", {{"index.html", page}});
  ASSERT_TRUE(encoder_->run_pending().ok());
  EXPECT_EQ(made, std::vector{Encoder::Made::Encodings});
  // A small deploy finds everything in its commit, a large one in the background.
  const std::string again = deploy("site", {{"index.html", page}, {"second.html", page}});
  EXPECT_EQ(deployer_->load_image(owner_, again)->listed.image.encoding_state, "done");
  Files many = {{"index.html", page}};
  for (int i = 0; i < 100; ++i) many["small/" + std::to_string(i)] = "small";
  const std::string large = deploy("site", many);
  EXPECT_EQ(deployer_->load_image(owner_, large)->listed.image.encoding_state, "pending");
  ASSERT_TRUE(encoder_->run_pending().ok());
  EXPECT_EQ(made, (std::vector{Encoder::Made::Encodings, Encoder::Made::Nothing}));
  EXPECT_EQ(deployer_->load_image(owner_, large)->listed.image.encoding_state, "done");
}

}  // namespace
}  // namespace sitepod::deploy
