#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "base/blake3.hpp"
#include "blob/store_fixture.hpp"

namespace sitepod::blob {
namespace {

// The same cases on the disk and on a disk with a real S3 server behind it.
enum class Kind { Disk, Bucket };

class BlobStoreContract : public StoreFixture, public ::testing::WithParamInterface<Kind> {
 protected:
  void SetUp() override {
    if (is_bucket()) bucket_ = make_test_bucket();
    reopen();
    sync_calls.reset();
  }
  static bool is_bucket() { return GetParam() == Kind::Bucket; }
  void reopen() { is_bucket() ? open_with_bucket() : open_on_disk(); }
};

INSTANTIATE_TEST_SUITE_P(Blobs, BlobStoreContract, ::testing::Values(Kind::Disk, Kind::Bucket), [](const auto& tested) {
  return std::string(tested.param == Kind::Disk ? "OnDisk" : "InABucket");
});

TEST_P(BlobStoreContract, KeepsBytesOfEverySizeUnderTheirHash) {
  for (std::size_t size : {0u, 1u, 4096u, 65535u, 65536u, 65537u, 300000u, 3000000u}) {
    std::string content = pattern(size);
    auto stored = store_->put(bytes_of(content));
    ASSERT_TRUE(stored.ok());
    EXPECT_EQ(stored->sha256, sha256(content));
    EXPECT_EQ(stored->blake3, blake3(content));
    EXPECT_EQ(stored->size, size);
    EXPECT_EQ(*store_->find_size(stored->sha256), size);
    EXPECT_EQ(content_of(stored->sha256), content);
    EXPECT_TRUE(is_local(stored->sha256));
    make_durable(stored->sha256);
    EXPECT_TRUE(*store_->contains(stored->sha256));
    EXPECT_EQ(content_of(stored->sha256), content);
  }
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_P(BlobStoreContract, HashesTheSameHoweverTheBytesArrive) {
  std::string content = pattern(200000);
  for (std::size_t piece : {1u, 1000u, 65536u, 70000u, 200000u}) {
    auto incoming = store_->receive(content.size());
    ASSERT_TRUE(incoming.ok());
    for (std::size_t at = 0; at < content.size(); at += piece)
      ASSERT_TRUE(incoming->write(bytes_of(std::string_view(content).substr(at, piece))).ok());
    EXPECT_EQ(incoming->size(), content.size());
    StoredBlob stored = incoming->finish();
    EXPECT_EQ(stored.sha256, sha256(content));
    EXPECT_EQ(stored.blake3, blake3(content));
    ASSERT_TRUE(incoming->keep().ok());
    EXPECT_EQ(content_of(stored.sha256), content);
  }
}

TEST_P(BlobStoreContract, UploadThatIsNotKeptLeavesNothing) {
  for (std::size_t size : {10u, 500000u}) {
    auto incoming = store_->receive();
    ASSERT_TRUE(incoming->write(bytes_of(pattern(size))).ok());
    StoredBlob stored = incoming->finish();
    *incoming = *store_->receive();
    EXPECT_EQ(*store_->find_size(stored.sha256), std::nullopt);
  }
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_P(BlobStoreContract, ReservedRoomDoesNotChangeTheSize) {
  auto incoming = store_->receive(4 << 20);
  ASSERT_TRUE(incoming.ok());
  ASSERT_TRUE(incoming->write(bytes_of("short")).ok());
  StoredBlob stored = incoming->finish();
  ASSERT_TRUE(incoming->keep().ok());
  EXPECT_EQ(*store_->find_size(stored.sha256), 5u);
}

TEST_P(BlobStoreContract, ManyUploadsOfTheSameBytesAtOnceGiveOneFile) {
  std::string content = pattern(100000);
  std::atomic<int> kept = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) threads.emplace_back([&] { kept += store_->put(bytes_of(content)).ok(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(kept, 16);
  EXPECT_EQ(content_of(sha256(content)), content);
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_P(BlobStoreContract, DamagedBlobIsNoticedAndReplacedByTheNextUpload) {
  for (const std::string& damage : {std::string("other 1"), std::string(), std::string("longer than it was")}) {
    Digest blob = put("content");
    ASSERT_TRUE(*store_->verify(blob));
    overwrite(blob, damage);
    EXPECT_FALSE(*store_->verify(blob));
    EXPECT_FALSE(store_->read_verified(blob, 1000).ok());
    sync_calls.reset();
    put("content");
    EXPECT_TRUE(*store_->verify(blob));
    // The row of the damaged file may say "durable": the new bytes must be on the disk before they take its name.
    // Before a bucket the damaged file was moved aside.
    if (!is_bucket()) {
      EXPECT_EQ(sync_calls.files, 1);
    }
  }
}

TEST_P(BlobStoreContract, RightBytesThatAreThereAlreadyStay) {
  Digest blob = put("content");
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat(path_of(blob).c_str(), &before), 0);
  put("content");
  ASSERT_EQ(::stat(path_of(blob).c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_P(BlobStoreContract, WhatIsNotARegularFileIsNeitherOpenedNorTrusted) {
  std::string content = "content";
  Digest blob = sha256(content);
  std::string elsewhere = folder_ + "/elsewhere";
  std::ofstream(elsewhere) << content;
  auto make_link = [&] { std::filesystem::create_symlink(elsewhere, path_of(blob)); };
  auto make_fifo = [&] { ASSERT_EQ(::mkfifo(path_of(blob).c_str(), 0600), 0); };
  auto make_folder = [&] { std::filesystem::create_directories(path_of(blob) + "/inside"); };
  for (const std::function<void()>& make :
       {std::function<void()>(make_link), std::function<void()>(make_fifo), std::function<void()>(make_folder)}) {
    make();
    EXPECT_EQ(*store_->find_size(blob), std::nullopt);
    EXPECT_FALSE(store_->open_blob(blob).ok());
    EXPECT_FALSE(store_->read_verified(blob, 100).ok());
    EXPECT_FALSE(*store_->verify(blob));
    EXPECT_FALSE(store_->make_durable(std::span(&blob, 1)).ok());
    EXPECT_FALSE(store_->degraded());
    EXPECT_EQ(put(content), blob);
    EXPECT_TRUE(*store_->verify(blob));
    EXPECT_EQ(*read_file(elsewhere), content);
    ASSERT_TRUE(store_->erase(blob).ok());
  }
}

TEST_P(BlobStoreContract, AbsentBlobIsAnOrdinaryAnswer) {
  Digest blob = sha256("nowhere");
  EXPECT_EQ(*store_->find_size(blob), std::nullopt);
  EXPECT_EQ(store_->open_blob(blob).error().kind, ErrorKind::NotFound);
  EXPECT_FALSE(*store_->verify(blob));
  EXPECT_TRUE(store_->erase(blob).ok());
  EXPECT_TRUE(store_->quarantine(blob).ok());
  EXPECT_EQ(store_->make_durable(std::span(&blob, 1)).error().kind, ErrorKind::NotFound);
  EXPECT_FALSE(store_->degraded());
}

TEST_P(BlobStoreContract, ReadRefusesMoreThanItWasAllowed) {
  Digest blob = put("12345");
  EXPECT_TRUE(store_->read_verified(blob, 5).ok());
  EXPECT_FALSE(store_->read_verified(blob, 4).ok());
}

TEST_P(BlobStoreContract, QuarantinedBlobIsGoneAndComesBackByUpload) {
  Digest blob = put("content");
  ASSERT_TRUE(store_->quarantine(blob).ok());
  EXPECT_EQ(*store_->find_size(blob), std::nullopt);
  EXPECT_FALSE(std::filesystem::is_empty(root_ + "/quarantine"));
  put("content");
  EXPECT_EQ(content_of(blob), "content");
}

TEST_P(BlobStoreContract, ErasedBlobIsGoneWhetherOrNotItWasDurable) {
  for (const Digest& blob : {put("staged"), put_durable("durable")}) {
    ASSERT_TRUE(store_->erase(blob).ok());
    EXPECT_EQ(*store_->find_size(blob), std::nullopt);
    EXPECT_FALSE(*store_->contains(blob));
    EXPECT_FALSE(*store_->inspect(blob));
    EXPECT_EQ(store_->open_blob(blob).error().kind, ErrorKind::NotFound);
  }
}

TEST_P(BlobStoreContract, ManyAreErasedAtOnce) {
  std::vector<Digest> blobs;
  for (int i = 0; i < 40; ++i) blobs.push_back(i % 2 == 0 ? put(std::to_string(i)) : put_durable(std::to_string(i)));
  const Digest kept = put_durable("kept");
  for (const Result<void>& erased : store_->erase_all(blobs)) EXPECT_TRUE(erased.ok());
  for (const Digest& blob : blobs) EXPECT_EQ(*store_->find_size(blob), std::nullopt);
  EXPECT_EQ(content_of(kept), "kept");
}

TEST_P(BlobStoreContract, WhatIsAtHandIsOpenedAtOnceAndFetchingTheAbsentFails) {
  const Digest blob = put_durable("content");
  EXPECT_TRUE(store_->open_near_blob(blob).ok());
  const auto fetch = [&](const Digest& wanted) {
    std::promise<Result<void>> done;
    store_->fetch_blob(wanted, [&](Result<void> outcome) { done.set_value(std::move(outcome)); });
    return done.get_future().get();
  };
  EXPECT_TRUE(fetch(blob).ok());
  const Digest nowhere = sha256("nowhere");
  EXPECT_EQ(store_->open_near_blob(nowhere).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(fetch(nowhere).error().kind, ErrorKind::NotFound);
}

TEST_P(BlobStoreContract, QuarantineIsEmptiedOfTheNamedOnly) {
  const Digest blob = put_durable("content");
  ASSERT_TRUE(store_->quarantine(blob).ok());
  const Digest other = sha256("other");
  ASSERT_TRUE(store_->erase_quarantined(std::span(&other, 1)).ok());
  EXPECT_FALSE(std::filesystem::is_empty(root_ + "/quarantine"));
  ASSERT_TRUE(store_->erase_quarantined(std::span(&blob, 1)).ok());
  EXPECT_TRUE(std::filesystem::is_empty(root_ + "/quarantine"));
}

TEST_P(BlobStoreContract, ManyAreLookedUpAtOnce) {
  std::vector<Digest> blobs;
  for (int i = 0; i < 40; ++i) blobs.push_back(i % 3 == 0 ? sha256(std::to_string(i)) : put(std::to_string(i)));
  ASSERT_TRUE(store_->look_up(blobs).ok());
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(store_->find_size(blobs[static_cast<std::size_t>(i)])->has_value(), i % 3 != 0);
}

TEST_P(BlobStoreContract, ListTellsEveryBlobAndNothingElse) {
  std::set<std::string> expected;
  for (int i = 0; i < 50; ++i)
    expected.insert((i % 2 == 0 ? put(std::to_string(i)) : put_durable(std::to_string(i))).hex());
  std::ofstream(root_ + "/blobs/00/stray") << "x";
  std::set<std::string> listed;
  ASSERT_TRUE(store_
                  ->list([&](const ListedBlob& blob) {
                    EXPECT_EQ(*store_->find_size(blob.sha256), blob.size);
                    return listed.insert(blob.sha256.hex()).second;
                  })
                  .ok());
  EXPECT_EQ(listed, expected);
  int seen = 0;
  ASSERT_TRUE(store_->list([&](const ListedBlob&) { return ++seen < 3; }).ok());
  EXPECT_EQ(seen, 3);
}

TEST_P(BlobStoreContract, LeftoversOfAnEarlierRunAreSweptAndBlobsStay) {
  Digest blob = put("content");
  store_.reset();
  std::ofstream(root_ + "/tmp/0-abcdefgh") << "half an upload";
  std::filesystem::create_directories(root_ + "/tmp/folder/inside");
  reopen();
  EXPECT_EQ(temporary_files(), 0u);
  EXPECT_EQ(content_of(blob), "content");
}

TEST_P(BlobStoreContract, OpenedForReadingChangesNothing) {
  Digest blob = put("content");
  std::ofstream(root_ + "/tmp/0-abcdefgh") << "an upload that runs";
  const auto open_for_reading = [&](const std::string& root) -> std::unique_ptr<BlobStore> {
    if (is_bucket()) return must(BucketStore::open_for_reading(root, bucket_));
    return must(DiskStore::open_for_reading(root));
  };
  EXPECT_TRUE(*open_for_reading(root_)->verify(blob));
  EXPECT_EQ(temporary_files(), 1u);
  EXPECT_FALSE(*open_for_reading(folder_ + "/nowhere")->verify(blob));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/nowhere"));
}

// The limit stands for a write that fails halfway: nothing stays behind, and the store works on when the limit is gone.

// A real full disk where this process may mount one; elsewhere the test above covers the path and the errno is given by

// hand.

// An old kernel's syncfs hides failed writes, so every file is synced by itself there.

}  // namespace
}  // namespace sitepod::blob
