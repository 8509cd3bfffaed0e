#include "blob/bucket_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "blob/fault_proxy.hpp"
#include "blob/store_fixture.hpp"

namespace sitepod::blob {
namespace {

using namespace std::chrono_literals;

// What only a bucket does, and what it does on bad days. What every store does is in blob_store_contract_test.cpp.
class BucketStoreTest : public StoreFixture {
 protected:
  BucketStoreTest() {
    bucket_ = make_test_bucket();
    proxy_.emplace(bucket_.endpoint);
    bucket_.endpoint = proxy_->url();
    bucket_.read_patience = 2s;
    bucket_.write_patience = 2s;
    bucket_.read_stall = bucket_.write_stall = 1s;
    open_with_bucket();
  }
  ~BucketStoreTest() override { store_.reset(); }

  Result<void> try_to_make_durable(const Digest& blob) { return store_->make_durable(std::span(&blob, 1)); }
  // Of what was not opened for so long.
  void age(const Digest& blob, std::int64_t seconds) const {
    const struct timespec times[] = {{now().unix_seconds() - seconds, 0}, {0, UTIME_OMIT}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path_of(blob).c_str(), times, 0), 0);
  }
  // Whether it is known to be in the bucket.
  bool is_settled(const Digest& blob) const {
    struct stat info {};
    return ::stat(path_of(blob).c_str(), &info) == 0 && (info.st_mode & S_ISVTX) != 0;
  }
  template <typename Condition>
  static bool comes_true(Condition condition) {
    for (const auto end = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < end;
         std::this_thread::sleep_for(20ms))
      if (condition()) return true;
    return false;
  }

  std::optional<FaultProxy> proxy_;
};

TEST_F(BucketStoreTest, WhatIsDurableSurvivesTheLossOfTheFolder) {
  const std::string large = pattern(3'000'000);
  const Digest one = put_durable("content");
  const Digest two = put_durable(large);
  store_.reset();
  std::filesystem::remove_all(root_);
  open_with_bucket();
  EXPECT_FALSE(is_local(one));
  EXPECT_EQ(*store_->find_size(two), large.size());
  EXPECT_EQ(content_of(one), "content");
  EXPECT_EQ(content_of(two), large);
  EXPECT_TRUE(is_local(one)) << "kept for the next time";
  const int requests = proxy_->requests();
  EXPECT_EQ(content_of(two), large);
  EXPECT_EQ(proxy_->requests(), requests) << "the second time costs nobody a request";
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(BucketStoreTest, SecondServerIsRefusedAndToldWhatToDo) {
  const auto claim_as = [&](const std::string& server, const std::string& take_over = "") {
    open_with_bucket();
    bucket_store().expect_claim({server, "sites.example.com", take_over});
    return bucket_store().prove_claim();
  };
  EXPECT_EQ(*bucket_store().find_owner(), "");
  EXPECT_TRUE(claim_as("srv_first").ok());
  EXPECT_TRUE(claim_as("srv_first").ok()) << "a restart";
  EXPECT_EQ(*bucket_store().find_owner(), "srv_first");
  for (const char* wrong : {"", "srv_third"}) {
    const auto refused = claim_as("srv_second", wrong);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
    EXPECT_NE(refused.error().message.find("storage.s3.take_over = \"srv_first\""), std::string::npos)
        << refused.error().message;
    EXPECT_EQ(*bucket_store().find_owner(), "srv_first");
  }
  EXPECT_TRUE(claim_as("srv_second", "srv_first").ok());
  EXPECT_TRUE(claim_as("srv_second", "srv_first").ok()) << "the setting may stay";
  EXPECT_FALSE(claim_as("srv_first").ok());
}

TEST_F(BucketStoreTest, ServerWhoseBucketWasTakenChangesNothingThereAnyMore) {
  bucket_.claim_check_every = 10ms;
  open_with_bucket();
  bucket_store().expect_claim({"srv_first", "", "srv_second"});
  ASSERT_TRUE(bucket_store().prove_claim().ok());
  const Digest blob = put_durable("content");
  const Digest later = put("later");
  auto other = must(BucketStore::open(folder_ + "/other", bucket_, BucketStore::Folder::IsNew));
  other->expect_claim({"srv_second", "", "srv_first"});
  ASSERT_TRUE(other->prove_claim().ok());
  ASSERT_TRUE(comes_true([&] { return store_->degraded(); }));
  EXPECT_EQ(try_to_make_durable(later).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(store_->receive().error().kind, ErrorKind::Unavailable);
  EXPECT_FALSE(store_->erase(blob).ok());
  EXPECT_TRUE(*other->contains(blob));
  EXPECT_EQ(*other->find_owner(), "srv_second") << "it is not taken back";
  EXPECT_EQ(content_of(blob), "content") << "what is read harms nobody";
}

TEST_F(BucketStoreTest, ClaimThatCannotBeProvenYetRemovesNothing) {
  const Digest blob = put_durable("content");
  proxy_->always(Fault::Reset);
  bucket_store().expect_claim({"srv_first", "", ""});
  EXPECT_EQ(bucket_store().prove_claim().error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(store_->erase(blob).error().kind, ErrorKind::Unavailable);
  proxy_->always(Fault::None);
  ASSERT_TRUE(comes_true([&] { return store_->find_size(blob).ok() && store_->erase(blob).ok(); }));
  EXPECT_EQ(*bucket_store().find_owner(), "srv_first");
}

TEST_F(BucketStoreTest, TwoServersThatBeginAtOnceAreNotBothTold) {
  auto other = must(BucketStore::open(folder_ + "/other", bucket_, BucketStore::Folder::IsNew));
  bucket_store().expect_claim({"srv_first", "", ""});
  other->expect_claim({"srv_second", "", ""});
  auto second = std::async(std::launch::async, [&] { return other->prove_claim().ok(); });
  const bool first = bucket_store().prove_claim().ok();
  EXPECT_NE(first, second.get());
}

TEST_F(BucketStoreTest, LargeBlobGoesInPartsAndComesBackWhole) {
  bucket_.max_single_put_bytes = 6 << 20;
  bucket_.part_bytes = 5 << 20;
  open_with_bucket();
  const std::string large = pattern(12'000'000);
  const Digest blob = put_durable(large);
  lose(blob);
  EXPECT_EQ(content_of(blob), large);
}

TEST_F(BucketStoreTest, DurableMeansThatTheBucketHasSaidSo) {
  const Digest blob = put("content");
  proxy_->always(Fault::SlowDown);
  const auto refused = try_to_make_durable(blob);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
  EXPECT_TRUE(is_local(blob)) << "nothing is lost";
  proxy_->always(Fault::None);
  ASSERT_TRUE(comes_true([&] { return try_to_make_durable(blob).ok(); }));
  lose(blob);
  EXPECT_EQ(content_of(blob), "content");
}

TEST_F(BucketStoreTest, PassingTroubleIsOverAfterAnotherTry) {
  for (const Fault fault : {Fault::SlowDown, Fault::Reset, Fault::WrongByte, Fault::LostAnswer}) {
    const std::string content = pattern(100'000, static_cast<std::uint32_t>(fault));
    proxy_->first(1, fault);
    const Digest blob = put_durable(content);
    lose(blob);
    proxy_->first(1, fault);
    EXPECT_EQ(content_of(blob), content) << "fault " << static_cast<int>(fault);
  }
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(BucketStoreTest, ServerThatNeverAnswersIsGivenUpInTime) {
  const Digest blob = put_durable("content");
  lose(blob);
  proxy_->first(1, Fault::Silence);
  EXPECT_EQ(content_of(blob), "content") << "a second try is answered";
  lose(blob);
  proxy_->always(Fault::Silence);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(store_->open_blob(blob).error().kind, ErrorKind::Unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST_F(BucketStoreTest, BytesThatChangeOnTheirWayUpAreNotTaken) {
  const Digest blob = put("content");
  proxy_->always(Fault::WrongRequest);
  EXPECT_FALSE(try_to_make_durable(blob).ok());
  proxy_->always(Fault::None);
  EXPECT_FALSE(*store_->contains(blob));
  EXPECT_EQ(content_of(blob), "content");
  EXPECT_TRUE(try_to_make_durable(blob).ok());
}

TEST_F(BucketStoreTest, WrongBytesOfTheBucketAreNeverSeen) {
  const Digest blob = put_durable("content");
  lose(blob);
  proxy_->always(Fault::WrongByte);
  EXPECT_EQ(store_->open_blob(blob).error().kind, ErrorKind::Internal);
  EXPECT_FALSE(store_->read_verified(blob, 100).ok());
  EXPECT_FALSE(*store_->verify(blob));
  EXPECT_FALSE(is_local(blob));
  EXPECT_EQ(temporary_files(), 0u);
  proxy_->always(Fault::None);
  EXPECT_EQ(content_of(blob), "content");
}

TEST_F(BucketStoreTest, DownBucketRefusesAtOnceServesWhatIsLocalAndComesBackByItself) {
  const Digest near = put_durable("near");
  const Digest far = put_durable("far");
  lose(far);
  proxy_->always(Fault::SlowDown);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(store_->open_blob(far).ok());
  EXPECT_TRUE(store_->degraded());
  EXPECT_EQ(content_of(near), "near");
  EXPECT_EQ(store_->receive().error().kind, ErrorKind::Unavailable);
  const int requests = proxy_->requests();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(store_->open_blob(far).error().kind, ErrorKind::Unavailable);
  EXPECT_LT(proxy_->requests() - requests, 10) << "a bucket in trouble is left in peace";
  proxy_->always(Fault::None);
  EXPECT_TRUE(comes_true([&] { return !store_->degraded(); }));
  EXPECT_EQ(content_of(far), "far");
  EXPECT_TRUE(store_->receive().ok());
}

TEST_F(BucketStoreTest, OutageIsNoAbsence) {
  const Digest blob = put_durable("content");
  lose(blob);
  open_with_bucket();
  proxy_->always(Fault::SlowDown);
  EXPECT_EQ(store_->find_size(blob).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(store_->verify(blob).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(store_->inspect(blob).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(store_->recover(blob).error().kind, ErrorKind::Unavailable);
}

TEST_F(BucketStoreTest, LostBucketIsNoAbsence) {
  bucket_.name = "no-such-bucket";
  open_with_bucket();
  const Digest blob = sha256("content");
  EXPECT_EQ(store_->open_blob(blob).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(store_->recover(blob).error().kind, ErrorKind::Unavailable);
}

// Else the scrub would move the bucket's right bytes to quarantine.
TEST_F(BucketStoreTest, BytesThatCannotBeKeptHereAreNotTakenForWrong) {
  const Digest blob = put_durable("content");
  lose(blob);
  std::filesystem::remove_all(root_ + "/tmp");
  EXPECT_EQ(store_->recover(blob).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(store_->open_blob(blob).error().kind, ErrorKind::Unavailable);
  std::filesystem::create_directory(root_ + "/tmp");
  EXPECT_TRUE(*store_->recover(blob));
}

TEST_F(BucketStoreTest, WhatWasFetchedWhileItWasErasedIsGoneAndIsSentWhenItComesAgain) {
  const Digest blob = put_durable("content");
  // What a fetch leaves that began before the bucket removed the object and ended before it said so.
  proxy_->choose([&](std::string_view method, std::string_view) {
    if (method == "DELETE") {
      overwrite(blob, "content");
      EXPECT_EQ(::chmod(path_of(blob).c_str(), 01644), 0);
    }
    return Fault::None;
  });
  ASSERT_TRUE(store_->erase(blob).ok());
  EXPECT_FALSE(is_local(blob));
  put_durable("content");
  lose(blob);
  EXPECT_EQ(content_of(blob), "content");
}

TEST_F(BucketStoreTest, ManyWhoWantTheSameBytesCostOneTransfer) {
  const Digest blob = put_durable(pattern(500'000));
  lose(blob);
  const int requests = proxy_->requests();
  std::atomic<int> opened = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) threads.emplace_back([&] { opened += store_->open_blob(blob).ok() ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 16);
  EXPECT_LE(proxy_->requests() - requests, 2);
}

TEST_F(BucketStoreTest, DamagedLocalCopyIsReplacedByTheBuckets) {
  const Digest blob = put_durable("content");
  overwrite(blob, "damaged");
  EXPECT_EQ(content_of(blob), "content");
  overwrite(blob, "damaged");
  EXPECT_TRUE(*store_->inspect(blob));
  EXPECT_EQ(content_of(blob), "content");
  overwrite(blob, "damaged");
  EXPECT_TRUE(*store_->recover(blob));
  EXPECT_EQ(content_of(blob), "content");
}

TEST_F(BucketStoreTest, ObjectThatTheBucketLostIsSentAgain) {
  const Digest blob = put_durable("content");
  const Digest other = put_durable("other");
  {
    BucketSettings direct = bucket_;
    auto elsewhere = must(BucketStore::open(folder_ + "/elsewhere", direct, BucketStore::Folder::OfThisBucket));
    ASSERT_TRUE(elsewhere->erase(blob).ok());
  }
  EXPECT_FALSE(*store_->contains(blob));
  EXPECT_TRUE(*store_->inspect(blob));
  EXPECT_TRUE(*store_->contains(blob));
  EXPECT_TRUE(*store_->inspect(other));
}

TEST_F(BucketStoreTest, CacheKeepsWhatWasOpenedLastAndNeverDropsWhatTheBucketLacks) {
  const std::string content = pattern(100'000);
  std::vector<Digest> blobs;
  for (int i = 0; i < 5; ++i) {
    blobs.push_back(put_durable(content + std::to_string(i)));
    age(blobs.back(), 100'000 * (5 - i));
  }
  const Digest staged = put(content + "staged");
  age(staged, 10'000'000);
  ASSERT_TRUE(bucket_store().shrink_cache(320'000).ok());
  EXPECT_TRUE(is_local(staged));
  EXPECT_FALSE(is_local(blobs[0]));
  EXPECT_FALSE(is_local(blobs[2]));
  EXPECT_TRUE(is_local(blobs[3]));
  EXPECT_TRUE(is_local(blobs[4]));
  EXPECT_EQ(*store_->find_size(blobs[0]), 100'001u);
  ASSERT_TRUE(bucket_store().shrink_cache(0).ok());
  EXPECT_TRUE(is_local(staged));
  EXPECT_FALSE(is_local(blobs[4]));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(content_of(blobs[static_cast<std::size_t>(i)]), content + std::to_string(i));
}

TEST_F(BucketStoreTest, CacheIsKeptSmallByItself) {
  bucket_.cache_bytes = 500'000;
  open_with_bucket();
  for (int i = 0; i < 10; ++i) age(put_durable(pattern(100'000) + std::to_string(i)), 1000);
  EXPECT_TRUE(comes_true([&] {
    std::uint64_t total = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ + "/blobs"))
      if (entry.is_regular_file()) total += entry.file_size();
    return total <= 500'000;
  }));
}

TEST_F(BucketStoreTest, FolderOfAStoreOnDiskIsSentToTheBucket) {
  open_on_disk();
  std::vector<Digest> blobs;
  for (int i = 0; i < 100; ++i) blobs.push_back(put("of before " + std::to_string(i)));
  // As if another bucket had it.
  ASSERT_EQ(::chmod(path_of(blobs[0]).c_str(), 01644), 0);
  open_with_bucket(BucketStore::Folder::IsNew);
  ASSERT_TRUE(comes_true([&] { return *store_->contains(blobs.back()) && *store_->contains(blobs.front()); }));
  for (const Digest& blob : blobs) EXPECT_TRUE(comes_true([&] { return *store_->contains(blob); }));
  store_.reset();
  std::filesystem::remove_all(root_);
  open_with_bucket();
  EXPECT_EQ(content_of(blobs[50]), "of before 50");
}

TEST_F(BucketStoreTest, FileThatIsRefusedKeepsNoOtherFromBeingSent) {
  open_on_disk();
  std::vector<Digest> blobs;
  for (int i = 0; i < 200; ++i) blobs.push_back(put("of before " + std::to_string(i)));
  std::sort(blobs.begin(), blobs.end());
  // What has the time of the start would count as received in this run.
  const struct timespec times[] = {{0, UTIME_OMIT}, {now().unix_seconds() - 100, 0}};
  for (const Digest& blob : blobs) ASSERT_EQ(::utimensat(AT_FDCWD, path_of(blob).c_str(), times, 0), 0);
  proxy_->choose([first = blobs.front().hex()](std::string_view method, std::string_view path) {
    return method == "PUT" && path.ends_with(first) ? Fault::WrongRequest : Fault::None;
  });
  open_with_bucket(BucketStore::Folder::IsNew);
  EXPECT_TRUE(comes_true([&] {
    return std::all_of(blobs.begin() + 1, blobs.end(), [&](const Digest& blob) { return is_settled(blob); });
  }));
  EXPECT_FALSE(is_settled(blobs.front()));
}

// A power cut may leave a file with its name and other bytes, if it was not synced; it has no mark then.
TEST_F(BucketStoreTest, FileOfAnEarlierRunWithoutItsMarkIsHashedBeforeAnybodySeesIt) {
  const Digest blob = put_durable("content");
  overwrite(blob, "CONTENT");
  ASSERT_EQ(::chmod(path_of(blob).c_str(), 0644), 0);
  const struct timespec times[] = {{0, UTIME_OMIT}, {now().unix_seconds() - 100, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path_of(blob).c_str(), times, 0), 0);
  open_with_bucket();
  const auto opened = store_->open_blob(blob);
  ASSERT_TRUE(opened.ok());
  std::string bytes(7, '\0');
  ASSERT_TRUE(read_some(opened->get(), std::as_writable_bytes(std::span(bytes))).ok());
  EXPECT_EQ(bytes, "content");
}

TEST_F(BucketStoreTest, ListOfManyObjectsIsWhole) {
  std::vector<Digest> blobs;
  for (int i = 0; i < 1100; ++i) blobs.push_back(put(std::to_string(i)));
  ASSERT_TRUE(store_->make_durable(blobs).ok());
  std::size_t count = 0;
  ASSERT_TRUE(store_->list([&](const ListedBlob&) { return ++count > 0; }).ok());
  EXPECT_EQ(count, 1100u);
}

TEST_F(BucketStoreTest, CheckSaysWhichSettingIsWrong) {
  EXPECT_TRUE(bucket_store().check().ok());
  const auto check = [&](auto change) {
    BucketSettings wrong = bucket_;
    change(wrong);
    return must(BucketStore::open_for_reading(root_, wrong))->check();
  };
  const auto no_bucket = check([](BucketSettings& settings) { settings.name = "no-such-bucket"; });
  EXPECT_EQ(no_bucket.error().kind, ErrorKind::Invalid);
  EXPECT_NE(no_bucket.error().message.find("storage.s3.bucket"), std::string::npos);
  for (const auto& wrong : {check([](BucketSettings& settings) { settings.secret_key = "canary-secret"; }),
                            check([](BucketSettings& settings) { settings.access_key = "nobody"; })}) {
    EXPECT_EQ(wrong.error().kind, ErrorKind::Invalid);
    EXPECT_NE(wrong.error().message.find("AWS_SECRET_ACCESS_KEY"), std::string::npos);
    EXPECT_EQ((wrong.error().message + wrong.error().context).find("canary-secret"), std::string::npos);
  }
  const auto unreachable = check([](BucketSettings& settings) { settings.endpoint = "http://127.0.0.1:1"; });
  EXPECT_EQ(unreachable.error().kind, ErrorKind::Unavailable);
}

TEST_F(BucketStoreTest, EndOfTheServerWaitsForNoBucket) {
  const Digest blob = put_durable("content");
  lose(blob);
  bucket_.read_patience = bucket_.write_patience = 60s;
  bucket_.read_stall = bucket_.write_stall = 60s;
  open_with_bucket();
  proxy_->always(Fault::Silence);
  std::promise<Result<void>> done;
  const int requests = proxy_->requests();
  store_->fetch_blob(blob, [&](Result<void> outcome) { done.set_value(std::move(outcome)); });
  ASSERT_TRUE(comes_true([&] { return proxy_->requests() > requests; }));
  const auto start = std::chrono::steady_clock::now();
  store_->stop_waiting();
  EXPECT_FALSE(done.get_future().get().ok());
  store_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

}  // namespace
}  // namespace sitepod::blob
