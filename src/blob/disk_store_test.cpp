#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "blob/store_fixture.hpp"

namespace sitepod::blob {
namespace {

// What only the disk has: fsync, and room that ends. What every store does is in blob_store_contract_test.cpp.
class DiskStoreTest : public StoreFixture {
 protected:
  DiskStoreTest() {
    reopen();
    sync_calls.reset();
  }
  void reopen() { open_on_disk(); }
};

TEST_F(DiskStoreTest, BarrierSyncsEachFileAndEachFolderOnce) {
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

TEST_F(DiskStoreTest, BarrierOverManyBlobsCoversThemAll) {
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

TEST_F(DiskStoreTest, FailedSyncIsNeverRetriedAndStopsAllWrites) {
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

TEST_F(DiskStoreTest, DiskThatIsFullOnlyAtTheSyncForgetsTheBlobAndGoesOn) {
  Digest blob = put("content");
  sync_calls.error = ENOSPC;
  auto refused = store_->make_durable(std::span(&blob, 1));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::StorageFull);
  EXPECT_FALSE(store_->degraded());
  EXPECT_EQ(*store_->find_size(blob), std::nullopt);
  sync_calls.reset();
  put("content");
  EXPECT_TRUE(store_->make_durable(std::span(&blob, 1)).ok());
}

TEST_F(DiskStoreTest, FailedWriteLeavesNothingAndTheStoreGoesOn) {
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

TEST_F(DiskStoreTest, FullDiskIsStorageFullAndRecoversWhenThereIsRoom) {
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

TEST_F(DiskStoreTest, ManyFilesAreMadeDurableWithFewDescriptorsWhereSyncfsCannotBeTrusted) {
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
