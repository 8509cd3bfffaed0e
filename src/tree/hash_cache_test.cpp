#include "tree/hash_cache.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/blake3.hpp"
#include "base/file.hpp"

namespace sitepod::tree {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr Instant kNow{100 * kDayMs};
constexpr FileStamp kOld{5, 1'000'000'000, 1'000'000'000, 7};

class HashCacheFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sitepod-cache-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/hashes";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_, path_;
};

FileDigests digests_of(std::string_view text) { return {sha256(text), blake3(text)}; }

TEST_F(HashCacheFile, FindsWhatWasSavedUnderTheSameKeyOnly) {
  {
    HashCache cache(path_, kNow);
    for (int i = 0; i < 100; ++i) cache.add("/site/" + std::to_string(i), kOld, digests_of(std::to_string(i)), kNow);
    ASSERT_TRUE(cache.save().ok());
  }
  HashCache cache(path_, kNow);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(cache.find("/site/" + std::to_string(i), kOld)->sha256, sha256(std::to_string(i)));
  EXPECT_FALSE(cache.find("/site/100", kOld));
  for (FileStamp other : {FileStamp{6, kOld.mtime_ns, kOld.ctime_ns, 7}, FileStamp{5, 1, kOld.ctime_ns, 7},
                          FileStamp{5, kOld.mtime_ns, 1, 7}, FileStamp{5, kOld.mtime_ns, kOld.ctime_ns, 8}})
    EXPECT_FALSE(cache.find("/site/1", other));
}

TEST_F(HashCacheFile, AFileChangedWithinTwoSecondsIsNotRemembered) {
  HashCache cache(path_, kNow);
  std::int64_t now_ns = kNow.unix_ms * 1'000'000;
  cache.add("/fresh", {5, now_ns - 1'000'000'000, 0, 1}, digests_of("x"), kNow);
  cache.add("/ctime", {5, 0, now_ns - 1'000'000'000, 1}, digests_of("x"), kNow);
  cache.add("/future", {5, now_ns + 1'000'000'000, 0, 1}, digests_of("x"), kNow);
  cache.add("/old", {5, now_ns - 3'000'000'000, 0, 1}, digests_of("x"), kNow);
  ASSERT_TRUE(cache.save().ok());
  HashCache again(path_, kNow);
  EXPECT_FALSE(again.find("/fresh", {5, now_ns - 1'000'000'000, 0, 1}));
  EXPECT_FALSE(again.find("/ctime", {5, 0, now_ns - 1'000'000'000, 1}));
  EXPECT_FALSE(again.find("/future", {5, now_ns + 1'000'000'000, 0, 1}));
  EXPECT_TRUE(again.find("/old", {5, now_ns - 3'000'000'000, 0, 1}));
}

TEST_F(HashCacheFile, ADamagedFileIsIgnored) {
  {
    HashCache cache(path_, kNow);
    cache.add("/a", kOld, digests_of("a"), kNow);
    ASSERT_TRUE(cache.save().ok());
  }
  std::string bytes = read_file(path_).value();
  for (std::size_t i = 0; i < bytes.size(); i += 5) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    ASSERT_TRUE(replace_file(path_, damaged).ok());
    EXPECT_FALSE(HashCache(path_, kNow).find("/a", kOld)) << i;
  }
  for (std::size_t length : {std::size_t{0}, std::size_t{10}, bytes.size() - 1}) {
    ASSERT_TRUE(replace_file(path_, bytes.substr(0, length)).ok());
    EXPECT_FALSE(HashCache(path_, kNow).find("/a", kOld)) << length;
  }
}

TEST_F(HashCacheFile, UnusedEntriesGoAfterSixtyDaysAndUsedOnesStay) {
  {
    HashCache cache(path_, kNow);
    cache.add("/used", kOld, digests_of("used"), kNow);
    cache.add("/unused", kOld, digests_of("unused"), kNow);
    ASSERT_TRUE(cache.save().ok());
  }
  Instant later{kNow.unix_ms + 61 * kDayMs};
  {
    HashCache cache(path_, later);
    cache.keep("/used", kOld);
    ASSERT_TRUE(cache.save().ok());
  }
  HashCache cache(path_, later);
  EXPECT_TRUE(cache.find("/used", kOld));
  EXPECT_FALSE(cache.find("/unused", kOld));
}

}  // namespace
}  // namespace sitepod::tree
