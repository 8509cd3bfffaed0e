#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.hpp"
#include "blob/disk_store.hpp"
#include "blob/fault_points.hpp"

namespace sitepod::blob {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Bytes that differ from position to position.
std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (char& c : out) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

class BlobStore : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sitepod-blob-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    root_ = folder_ + "/store";
    reopen();
    sync_calls.reset();
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void reopen() {
    store_.reset();
    auto opened = DiskStore::open(root_);
    ASSERT_TRUE(opened.ok()) << opened.error().context;
    store_ = *std::move(opened);
  }
  Digest put(std::string_view content) {
    auto stored = store_->put(bytes_of(content));
    EXPECT_TRUE(stored.ok()) << (stored.ok() ? "" : stored.error().context);
    return stored.ok() ? stored->sha256 : Digest{};
  }
  std::string path_of(const Digest& blob) const {
    return root_ + "/blobs/" + blob.hex().substr(0, 2) + "/" + blob.hex();
  }
  void overwrite(const Digest& blob, const std::string& content) const {
    std::ofstream(path_of(blob), std::ios::binary | std::ios::trunc) << content;
  }
  std::size_t temporary_files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(root_ + "/tmp"), std::filesystem::directory_iterator()));
  }
  std::string content_of(const Digest& blob) const {
    auto content = store_->read_verified(blob, 1 << 30);
    return content.ok() ? *content : "error: " + content.error().context;
  }

  std::string folder_;
  std::string root_;
  std::unique_ptr<DiskStore> store_;
};

TEST_F(BlobStore, KeepsBytesOfEverySizeUnderTheirHash) {
  for (std::size_t size : {0u, 1u, 4096u, 65535u, 65536u, 65537u, 300000u, 3000000u}) {
    std::string content = pattern(size);
    auto stored = store_->put(bytes_of(content));
    ASSERT_TRUE(stored.ok());
    EXPECT_EQ(stored->sha256, sha256(content));
    EXPECT_EQ(stored->blake3, blake3(content));
    EXPECT_EQ(stored->size, size);
    EXPECT_EQ(store_->find_size(stored->sha256), size);
    EXPECT_EQ(content_of(stored->sha256), content);
    EXPECT_TRUE(std::filesystem::exists(path_of(stored->sha256)));
  }
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(BlobStore, HashesTheSameHoweverTheBytesArrive) {
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

TEST_F(BlobStore, UploadThatIsNotKeptLeavesNothing) {
  for (std::size_t size : {10u, 500000u}) {
    auto incoming = store_->receive();
    ASSERT_TRUE(incoming->write(bytes_of(pattern(size))).ok());
    StoredBlob stored = incoming->finish();
    *incoming = *store_->receive();
    EXPECT_EQ(store_->find_size(stored.sha256), std::nullopt);
  }
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(BlobStore, ReservedRoomDoesNotChangeTheSize) {
  auto incoming = store_->receive(4 << 20);
  ASSERT_TRUE(incoming.ok());
  ASSERT_TRUE(incoming->write(bytes_of("short")).ok());
  StoredBlob stored = incoming->finish();
  ASSERT_TRUE(incoming->keep().ok());
  EXPECT_EQ(store_->find_size(stored.sha256), 5u);
}

TEST_F(BlobStore, ManyUploadsOfTheSameBytesAtOnceGiveOneFile) {
  std::string content = pattern(100000);
  std::atomic<int> kept = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) threads.emplace_back([&] { kept += store_->put(bytes_of(content)).ok(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(kept, 16);
  EXPECT_EQ(content_of(sha256(content)), content);
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(BlobStore, DamagedBlobIsNoticedAndReplacedByTheNextUpload) {
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
    EXPECT_EQ(sync_calls.files, 1);
  }
}

TEST_F(BlobStore, RightBytesThatAreThereAlreadyStay) {
  Digest blob = put("content");
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat(path_of(blob).c_str(), &before), 0);
  put("content");
  ASSERT_EQ(::stat(path_of(blob).c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(BlobStore, WhatIsNotARegularFileIsNeitherOpenedNorTrusted) {
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
    EXPECT_EQ(store_->find_size(blob), std::nullopt);
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

TEST_F(BlobStore, AbsentBlobIsAnOrdinaryAnswer) {
  Digest blob = sha256("nowhere");
  EXPECT_EQ(store_->find_size(blob), std::nullopt);
  EXPECT_EQ(store_->open_blob(blob).error().kind, ErrorKind::NotFound);
  EXPECT_FALSE(*store_->verify(blob));
  EXPECT_TRUE(store_->erase(blob).ok());
  EXPECT_TRUE(store_->quarantine(blob).ok());
  EXPECT_EQ(store_->make_durable(std::span(&blob, 1)).error().kind, ErrorKind::NotFound);
  EXPECT_FALSE(store_->degraded());
}

TEST_F(BlobStore, ReadRefusesMoreThanItWasAllowed) {
  Digest blob = put("12345");
  EXPECT_TRUE(store_->read_verified(blob, 5).ok());
  EXPECT_FALSE(store_->read_verified(blob, 4).ok());
}

TEST_F(BlobStore, QuarantinedBlobIsGoneAndComesBackByUpload) {
  Digest blob = put("content");
  ASSERT_TRUE(store_->quarantine(blob).ok());
  EXPECT_EQ(store_->find_size(blob), std::nullopt);
  EXPECT_FALSE(std::filesystem::is_empty(root_ + "/quarantine"));
  put("content");
  EXPECT_EQ(content_of(blob), "content");
}

TEST_F(BlobStore, ListTellsEveryBlobAndNothingElse) {
  std::set<std::string> expected;
  for (int i = 0; i < 50; ++i) expected.insert(put(std::to_string(i)).hex());
  std::ofstream(root_ + "/blobs/00/stray") << "x";
  std::set<std::string> listed;
  ASSERT_TRUE(store_
                  ->list([&](const Digest& blob, std::uint64_t size) {
                    EXPECT_EQ(store_->find_size(blob), size);
                    return listed.insert(blob.hex()).second;
                  })
                  .ok());
  EXPECT_EQ(listed, expected);
  int seen = 0;
  ASSERT_TRUE(store_->list([&](const Digest&, std::uint64_t) { return ++seen < 3; }).ok());
  EXPECT_EQ(seen, 3);
}

TEST_F(BlobStore, LeftoversOfAnEarlierRunAreSweptAndBlobsStay) {
  Digest blob = put("content");
  store_.reset();
  std::ofstream(root_ + "/tmp/0-abcdefgh") << "half an upload";
  std::filesystem::create_directories(root_ + "/tmp/folder/inside");
  reopen();
  EXPECT_EQ(temporary_files(), 0u);
  EXPECT_EQ(content_of(blob), "content");
}

TEST_F(BlobStore, OpenedForReadingChangesNothing) {
  Digest blob = put("content");
  std::ofstream(root_ + "/tmp/0-abcdefgh") << "an upload that runs";
  auto reader = DiskStore::open_for_reading(root_);
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(*(*reader)->verify(blob));
  EXPECT_EQ(temporary_files(), 1u);
  auto nowhere = DiskStore::open_for_reading(folder_ + "/nowhere");
  ASSERT_TRUE(nowhere.ok());
  EXPECT_FALSE(*(*nowhere)->verify(blob));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/nowhere"));
}

TEST_F(BlobStore, BarrierSyncsEachFileAndEachFolderOnce) {
  std::vector<Digest> blobs;
  std::set<int> folders;
  for (int i = 0; i < 20; ++i) {
    blobs.push_back(put(std::to_string(i)));
    folders.insert(blobs.back().bytes[0]);
  }
  EXPECT_EQ(sync_calls.files + sync_calls.folders + sync_calls.file_system, 0) << "keeping is not yet durable";
  ASSERT_TRUE(store_->make_durable(blobs).ok());
  EXPECT_EQ(sync_calls.files, 20);
#ifndef SITEPOD_MUTANT_NO_DIRECTORY_FSYNC
  EXPECT_EQ(sync_calls.folders, static_cast<int>(folders.size()));
#endif
  ASSERT_TRUE(store_->make_durable(blobs).ok());
  EXPECT_EQ(sync_calls.files, 20) << "what is known to be durable is not synced again";
  // A new file under an old name is not the one that was synced.
  ASSERT_TRUE(store_->erase(blobs[0]).ok());
  put("0");
  ASSERT_TRUE(store_->make_durable(blobs).ok());
  EXPECT_EQ(sync_calls.files, 21);
}

TEST_F(BlobStore, BarrierOverManyBlobsCoversThemAll) {
  std::vector<Digest> blobs;
  for (int i = 0; i < 200; ++i) blobs.push_back(put(std::to_string(i)));
  ASSERT_TRUE(store_->make_durable(blobs).ok());
#ifndef SITEPOD_MUTANT_NO_DIRECTORY_FSYNC
  EXPECT_TRUE(sync_calls.file_system == 1 || (sync_calls.files == 200 && sync_calls.folders > 0));
#else
  EXPECT_EQ(sync_calls.file_system, 0);
#endif
  blobs.push_back(sha256("nowhere"));
  for (int i = 200; i < 300; ++i) blobs.push_back(put(std::to_string(i)));
  EXPECT_EQ(store_->make_durable(blobs).error().kind, ErrorKind::NotFound);
}

TEST_F(BlobStore, FailedSyncIsNeverRetriedAndStopsAllWrites) {
  for (int count : {1, 100}) {
    reopen();
    std::vector<Digest> blobs;
    for (int i = 0; i < count; ++i) blobs.push_back(put(std::to_string(count) + "/" + std::to_string(i)));
    sync_calls.reset();
    sync_calls.error = EIO;
    auto refused = store_->make_durable(blobs);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
    EXPECT_TRUE(store_->degraded());
    sync_calls.reset();
    EXPECT_FALSE(store_->make_durable(blobs).ok());
    EXPECT_EQ(sync_calls.files + sync_calls.folders + sync_calls.file_system, 0);
    EXPECT_EQ(store_->receive().error().kind, ErrorKind::Unavailable);
    EXPECT_EQ(content_of(blobs[0]), std::to_string(count) + "/0") << "reading goes on";
  }
}

TEST_F(BlobStore, DiskThatIsFullOnlyAtTheSyncForgetsTheBlobAndGoesOn) {
  Digest blob = put("content");
  sync_calls.error = ENOSPC;
  auto refused = store_->make_durable(std::span(&blob, 1));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::StorageFull);
  EXPECT_FALSE(store_->degraded());
  EXPECT_EQ(store_->find_size(blob), std::nullopt);
  sync_calls.reset();
  put("content");
  EXPECT_TRUE(store_->make_durable(std::span(&blob, 1)).ok());
}

// The limit stands for a write that fails halfway: nothing stays behind, and the store works on when the limit is gone.
TEST_F(BlobStore, FailedWriteLeavesNothingAndTheStoreGoesOn) {
  struct rlimit old {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small {
    100000, old.rlim_max
  };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto refused = store_->put(bytes_of(pattern(300000)));
  auto fits = store_->put(bytes_of("small"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_FALSE(refused.ok());
  EXPECT_TRUE(fits.ok());
  EXPECT_EQ(temporary_files(), 0u);
  EXPECT_EQ(put(pattern(300000)), sha256(pattern(300000)));
}

// A real full disk where this process may mount one; elsewhere the test above covers the path and the errno is given by
// hand.
TEST_F(BlobStore, FullDiskIsStorageFullAndRecoversWhenThereIsRoom) {
  store_.reset();
  std::filesystem::create_directories(folder_ + "/disk");
  bool is_mounted = ::mount("tmpfs", (folder_ + "/disk").c_str(), "tmpfs", 0, "size=3m") == 0;
  if (!is_mounted) {
    EXPECT_EQ(from_errno(ENOSPC, "write").kind, ErrorKind::StorageFull);
    return;
  }
  root_ = folder_ + "/disk/store";
  reopen();
  {
    EXPECT_EQ(store_->receive(50 << 20).error().kind, ErrorKind::StorageFull) << "noticed before the body is read";
    auto incoming = store_->receive();
    Result<void> written;
    for (int i = 0; i < 100 && written.ok(); ++i) written = incoming->write(bytes_of(pattern(100000)));
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind, ErrorKind::StorageFull);
    incoming->finish();
    EXPECT_EQ(incoming->keep().error().kind, ErrorKind::StorageFull);
  }
  EXPECT_EQ(temporary_files(), 0u);
  EXPECT_EQ(put(pattern(100000)), sha256(pattern(100000)));
  EXPECT_FALSE(store_->degraded());
  store_.reset();
  ASSERT_EQ(::umount2((folder_ + "/disk").c_str(), MNT_DETACH), 0);
}

// An old kernel's syncfs hides failed writes, so every file is synced by itself there.
TEST_F(BlobStore, ManyFilesAreMadeDurableWithFewDescriptorsWhereSyncfsCannotBeTrusted) {
  const int usual = ::personality(0xffffffff);
  ASSERT_NE(::personality(static_cast<unsigned long>(usual) | UNAME26), -1);
  reopen();
  ::personality(static_cast<unsigned long>(usual));
  std::vector<Digest> blobs;
  for (int i = 0; i < 400; ++i) blobs.push_back(put("file " + std::to_string(i)));
  struct rlimit before {};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const struct rlimit few { 200, before.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto done = store_->make_durable(blobs);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().context);
}

}  // namespace
}  // namespace sitepod::blob
