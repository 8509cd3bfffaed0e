#include "app/fsck.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "app/data_folder.hpp"
#include "blob/disk_store.hpp"
#include "meta/collection.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"
#include "model/manifest.hpp"
#include "publish/boot_log.hpp"

namespace sitepod::app {
namespace {

template <typename T>
T must(Result<T> result) {
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message + " " + result.error().context);
  return std::move(result).value();
}
void must(Result<void> result) { EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().context); }

// A sound store with one project, one image of two files, live in prod; each test damages it.
class Fsck : public testing::Test {
 protected:
  Fsck() {
    char pattern[] = "/tmp/sitepod-fsck-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    auto blobs = must(blob::DiskStore::open(folder_));
    auto meta = must(meta::MetaStore::open_sqlite(folder_ + std::string(kDatabaseFile)));
    model::Manifest manifest;
    for (std::string_view content : {"first file", "second file"}) {
      auto stored = must(blobs->put(std::as_bytes(std::span(content))));
      manifest.add({content, stored.sha256, stored.size, ""});
      must(meta->write([&](meta::Session& session) {
        return meta::upsert_blob(session, {stored.sha256, stored.blake3, stored.size, ""}, {1});
      }));
    }
    must(manifest.seal());
    std::string bytes = manifest.to_bytes();
    manifest_ = must(blobs->put(std::as_bytes(std::span(bytes)))).sha256;
    must(meta->write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::insert_account(session, {"usr_1", "a@b.test", "", false, "human", {1}}));
      SITEPOD_TRY(meta::insert_project(session, {"prj_1", "one", "one", "usr_1", {1}, {1}}));
      meta::Image image;
      image.id = "img_1";
      image.project_id = "prj_1";
      image.manifest = manifest_;
      image.file_count = 2;
      image.encoding_state = "done";
      SITEPOD_TRY(meta::insert_image(session, image));
      return meta::upsert_environment(session, {"prj_1", "prod", "img_1", "", 0, 0, {2}});
    }));
  }
  ~Fsck() override { std::filesystem::remove_all(folder_); }

  std::string path_of(const Digest& blob) const {
    std::string hex = blob.hex();
    return folder_ + "/blobs/" + hex.substr(0, 2) + "/" + hex;
  }
  // Overwrites the first byte and keeps the size.
  void flip(const std::string& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(file.is_open()) << path;
    file.put('X');
  }
  // "check subject: problem" of everything found.
  std::vector<std::string> problems(Instant at = now()) {
    std::vector<std::string> lines;
    for (const FsckProblem& problem : must(check_store(folder_, at)).problems)
      lines.push_back(problem.check + " " + problem.subject + ": " + problem.problem);
    return lines;
  }
  bool finds(const std::string& line) {
    auto lines = problems();
    bool found = std::find(lines.begin(), lines.end(), line) != lines.end();
    if (!found)
      for (const std::string& each : lines) ADD_FAILURE() << each;
    return found;
  }

  std::string folder_;
  Digest manifest_;
};

TEST_F(Fsck, ASoundStoreHasNoProblems) {
  FsckReport report = must(check_store(folder_, now()));
  EXPECT_EQ(problems(), std::vector<std::string>());
  EXPECT_EQ(report.projects, 1u);
  EXPECT_EQ(report.environments, 1u);
  EXPECT_EQ(report.images, 1u);
  EXPECT_EQ(report.blobs, 2u);
  EXPECT_EQ(report.bytes, 21u);
}

TEST_F(Fsck, FindsAMissingBlobAndTheEnvironmentThatNeedsIt) {
  std::filesystem::remove(path_of(sha256("first file")));
  std::string hex = sha256("first file").hex();
  EXPECT_TRUE(finds("I4 image img_1: first file: blob " + hex + " is missing"));
  EXPECT_TRUE(finds("I2 prod of prj_1: its image img_1 is not complete"));
}

TEST_F(Fsck, AcceptsThatPurgedBytesAreGoneAlsoWhenThePurgeWasLifted) {
  const Digest purged = sha256("first file");
  auto meta = must(meta::MetaStore::open_sqlite(folder_ + std::string(kDatabaseFile)));
  must(meta->write([&](meta::Session& session) {
    return meta::insert_purged_blob(session, {purged, {}, "", "", {3}, {}});
  }));
  EXPECT_EQ(problems(), std::vector<std::string>()) << "the tombstone comes first, the bytes go after it";
  std::filesystem::remove(path_of(purged));
  EXPECT_EQ(problems(), std::vector<std::string>());
  EXPECT_TRUE(must(meta->write([&](meta::Session& session) { return meta::lift_purged_blob(session, purged, {4}); })));
  EXPECT_EQ(problems(), std::vector<std::string>());
}

TEST_F(Fsck, FindsABlobWithAFlippedByte) {
  flip(path_of(sha256("first file")));
  EXPECT_TRUE(
      finds("I4 image img_1: first file: blob " + sha256("first file").hex() + " has other bytes than its hash says"));
}

TEST_F(Fsck, FindsATruncatedBlob) {
  std::filesystem::resize_file(path_of(sha256("first file")), 3);
  EXPECT_TRUE(finds("I4 image img_1: first file: blob " + sha256("first file").hex() + " has 3 bytes instead of 10"));
}

TEST_F(Fsck, FindsADamagedManifest) {
  flip(path_of(manifest_));
  EXPECT_TRUE(finds("I2 prod of prj_1: its image img_1 is not complete"));
}

TEST_F(Fsck, FindsATemporaryFileOlderThanAnHourAndLeavesItThere) {
  std::ofstream(folder_ + "/tmp/left") << "x";
  EXPECT_EQ(problems(), std::vector<std::string>());
  Instant later{now().unix_ms + 2 * 3600 * 1000};
  auto lines = problems(later);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].starts_with("I5 tmp/left: temporary file is 1")) << lines[0];
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/tmp/left"));
}

TEST_F(Fsck, FindsADamagedDatabase) {
  std::ofstream(folder_ + std::string(kDatabaseFile))
      << "this is not a database, it is a text that is long enough to be read";
  auto lines = problems();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].starts_with("database sitepod.db: ")) << lines[0];
}

TEST_F(Fsck, FindsThatThereIsNoDatabaseAndMakesNone) {
  std::filesystem::remove(folder_ + std::string(kDatabaseFile));
  EXPECT_EQ(problems(), std::vector<std::string>{"database sitepod.db: there is no database"});
  EXPECT_FALSE(std::filesystem::exists(folder_ + std::string(kDatabaseFile)));
}

TEST_F(Fsck, TellsDamageInTheBootLogFromATornTail) {
  std::string record;
  publish::append_boot_record({"prj_1", "one", {{"one.test", "prod", "", "", false}}}, record);
  std::ofstream(folder_ + "/boot.log") << record << record.substr(0, 10);
  EXPECT_EQ(problems(), std::vector<std::string>());
  std::ofstream(folder_ + "/boot.log") << "damage" << record;
  EXPECT_EQ(problems(), std::vector<std::string>{"boot-log boot.log: 6 bytes in the middle are damaged"});
}

TEST(DataFolder, ASecondLockOnTheSameFolderNamesTheHolder) {
  char pattern[] = "/tmp/sitepod-lock-XXXXXX";
  std::string folder = ::mkdtemp(pattern);
  auto first = lock_data_folder(folder);
  ASSERT_TRUE(first.ok());
  auto second = lock_data_folder(folder);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
  EXPECT_NE(second.error().message.find(folder), std::string::npos);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
  first.value().reset();
  EXPECT_TRUE(lock_data_folder(folder).ok());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sitepod::app
