#include "tree/scan.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/blake3.hpp"
#include "base/file.hpp"
#include "tree/hash_files.hpp"
#include "tree/pack_reader.hpp"

namespace sitepod::tree {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sitepod-tree-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    base_ = pattern;
    root_ = base_ + "/site";
    fs::create_directory(root_);
  }
  void TearDown() override { fs::remove_all(base_); }

  void put(const std::string& path, std::string_view content = "x") {
    fs::create_directories(fs::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path, std::ios::binary) << content;
  }
  std::vector<std::string> paths(const ScanResult& result) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < result.files.size(); ++i) out.emplace_back(result.files[i].path);
    return out;
  }
  ScanResult scan_ok(IgnoreRules rules = {}) {
    auto result = scan(root_, std::move(rules));
    EXPECT_TRUE(result.ok()) << result.error().message;
    return std::move(result).value();
  }

  std::string base_, root_;
};
using Scan = Folder;
using HashFiles = Folder;
using Pack = Folder;
using Paths = std::vector<std::string>;

TEST_F(Scan, ListsFilesSortedByPathBytes) {
  for (auto path : {"b.html", "a/z.css", "a.html", "a/b/c.js", "Ü.html", "file+&=.html"}) put(path);
  EXPECT_EQ(paths(scan_ok()), (Paths{"a.html", "a/b/c.js", "a/z.css", "b.html", "file+&=.html", "Ü.html"}));
}

TEST_F(Scan, ReportsWhatItSkips) {
  for (auto path : {"index.html", ".env", ".git/config", ".hidden", "node_modules/x/y.js", ".well-known/security.txt",
                    "sitepod.toml"})
    put(path);
  ScanResult result = scan_ok();
  EXPECT_EQ(paths(result), (Paths{".well-known/security.txt", "index.html"}));
  Paths skipped;
  for (const Skipped& one : result.skipped) skipped.push_back(one.path);
  EXPECT_EQ(skipped, (Paths{".env", ".git/", ".hidden", "node_modules/", "sitepod.toml"}));
  EXPECT_EQ(result.skipped_count, 5u);
}

TEST_F(Scan, IgnoreFilesOfTheRootCount) {
  put("a.log");
  put("drafts/x.html");
  put("keep.html");
  put(".sitepodignore", "*.log\n");
  put(".assetsignore", "/drafts/\n");
  EXPECT_EQ(paths(scan_ok()), (Paths{"keep.html"}));
}

TEST_F(Scan, FollowsLinksOnlyInsideTheRoot) {
  put("real/page.html");
  fs::create_symlink("real", root_ + "/alias");
  fs::create_symlink("real/page.html", root_ + "/page.html");
  std::ofstream(base_ + "/secret.txt") << "secret";
  fs::create_symlink("../secret.txt", root_ + "/leak.txt");
  fs::create_symlink("nowhere", root_ + "/dangling");
  fs::create_symlink(".", root_ + "/loop");
  fs::create_symlink(base_, root_ + "/up");
  ScanResult result = scan_ok();
  EXPECT_EQ(paths(result), (Paths{"alias/page.html", "page.html", "real/page.html"}));
  Paths skipped;
  for (const Skipped& one : result.skipped) {
    skipped.push_back(one.path);
    EXPECT_EQ(one.reason, SkipReason::OutsideSymlink) << one.path;
  }
  EXPECT_EQ(skipped, (Paths{"dangling", "leak.txt", "loop/", "up"}));
}

TEST_F(Scan, PipesAreSkippedAndReported) {
  ASSERT_EQ(::mkfifo((root_ + "/pipe").c_str(), 0600), 0);
  ScanResult result = scan_ok();
  EXPECT_EQ(result.files.size(), 0u);
  ASSERT_EQ(result.skipped.size(), 1u);
  EXPECT_EQ(result.skipped[0].reason, SkipReason::Special);
}

TEST_F(Scan, NamesThatCannotBePublishedAreErrorsThatNameThem) {
  put("ok.html");
  put("bad\xFF.html");
  put("back\\slash.html");
  auto result = scan(root_, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, "invalid_path");
  EXPECT_NE(result.error().message.find("bad\\xff.html"), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find("back\\slash.html"), std::string::npos) << result.error().message;
}

TEST_F(Scan, AMissingFolderIsNotFound) { EXPECT_EQ(scan(root_ + "/none", {}).error().kind, ErrorKind::NotFound); }

TEST_F(HashFiles, BothDigestsAreThoseOfTheContentForAnyNumberOfThreads) {
  std::string large(700'000, 'y');
  put("empty", "");
  put("large", large);
  for (int i = 0; i < 50; ++i) put("f" + std::to_string(i), std::to_string(i));
  for (std::size_t threads : {1u, 3u}) {
    ScanResult result = scan_ok();
    auto report = hash_files(result.files, {threads, nullptr, nullptr});
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->hashed, 52u);
    for (std::size_t i = 0; i < result.files.size(); ++i) {
      std::string content = read_file(result.files.full_path(i)).value();
      EXPECT_EQ(result.files.digests(i).sha256, sha256(content));
      EXPECT_EQ(result.files.digests(i).blake3, blake3(content));
    }
  }
}

TEST_F(HashFiles, AFileThatVanishedIsNamed) {
  put("gone.html");
  ScanResult result = scan_ok();
  fs::remove(root_ + "/gone.html");
  auto report = hash_files(result.files, {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, "unreadable");
  EXPECT_NE(report.error().message.find("gone.html"), std::string::npos);
}

TEST_F(HashFiles, InterruptionEndsIt) {
  put("a");
  ScanResult result = scan_ok();
  std::atomic<bool> cancelled = true;
  EXPECT_EQ(hash_files(result.files, {0, nullptr, &cancelled}).error().code, "interrupted");
}

TEST_F(HashFiles, ASavedCacheSparesReadingUntilAFileChanges) {
  put("a", "one");
  put("b", "two");
  std::string cache_path = base_ + "/cache/hashes";
  ScanResult first = scan_ok();
  {
    HashCache cache(cache_path, now());
    ASSERT_TRUE(hash_files(first.files, {}).ok());
    for (std::size_t i = 0; i < first.files.size(); ++i)  // as if they had been hashed long after their last change
      cache.add(first.files.full_path(i), first.files[i].stamp, first.files.digests(i), {now().unix_ms + 10'000});
    ASSERT_TRUE(cache.save().ok());
  }
  put("b", "TWO!");
  ScanResult second = scan_ok();
  HashCache cache(cache_path, now());
  auto report = hash_files(second.files, {1, &cache, nullptr});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->cached, 1u);
  EXPECT_EQ(report->hashed, 1u);
  EXPECT_EQ(second.files.digests(0).sha256, sha256("one"));
  EXPECT_EQ(second.files.digests(1).sha256, sha256("TWO!"));
}

std::map<std::string, std::string> unpack(std::string_view bytes) {
  std::map<std::string, std::string> members;
  archive* reader = archive_read_new();
  archive_read_support_format_tar(reader);
  archive_read_support_filter_zstd(reader);
  EXPECT_EQ(archive_read_open_memory(reader, bytes.data(), bytes.size()), ARCHIVE_OK) << archive_error_string(reader);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(reader, content.data(), content.size()), static_cast<la_ssize_t>(content.size()));
    members[archive_entry_pathname(entry)] = content;
  }
  archive_read_free(reader);
  return members;
}

Result<std::string> read_all(PackReader& pack, std::size_t piece) {
  std::string out, buffer(piece, '\0');
  for (;;) {
    std::size_t count = SITEPOD_TRY(pack.read(std::as_writable_bytes(std::span(buffer))));
    if (count == 0) return out;
    out.append(buffer, 0, count);
  }
}

TEST_F(Pack, MembersAreTheFilesNamedByTheirHash) {
  std::string large(300'000, 'z');
  put("a.html", "hello");
  put("empty.txt", "");
  put("large.bin", large);
  put("left-out.html", "not this");
  ScanResult result = scan_ok();
  ASSERT_TRUE(hash_files(result.files, {}).ok());
  std::vector<std::uint32_t> positions{0, 1, 2};
  for (auto compression : {PackCompression::None, PackCompression::Zstd}) {
    PackReader pack(result.files, positions, compression);
    auto bytes = read_all(pack, 1000);
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(unpack(*bytes),
              (std::map<std::string, std::string>{
                  {blake3("hello").hex(), "hello"}, {blake3("").hex(), ""}, {blake3(large).hex(), large}}));
    EXPECT_EQ(pack.file_bytes(), 300'005u);
    EXPECT_EQ(bytes->size() < 10'000u, compression == PackCompression::Zstd);
  }
}

TEST_F(Pack, AFileThatChangedSinceItWasHashedIsNoticed) {
  for (std::string_view later : {"HELLO", "hell", "hello!"}) {
    put("a.html", "hello");
    ScanResult result = scan_ok();
    ASSERT_TRUE(hash_files(result.files, {}).ok());
    put("a.html", later);
    std::vector<std::uint32_t> positions{0};
    PackReader pack(result.files, positions, PackCompression::None);
    auto bytes = read_all(pack, 4096);
    ASSERT_FALSE(bytes.ok()) << later;
    EXPECT_EQ(bytes.error().code, "changed");
    EXPECT_NE(bytes.error().message.find("a.html"), std::string::npos);
  }
}

TEST_F(Pack, IsCompressedOnlyWhenThatHelps) {
  put("a.html", std::string(100, 'x'));
  put("b.png", std::string(1000, 'x'));
  ScanResult result = scan_ok();
  std::vector<std::uint32_t> both{0, 1}, text{0};
  EXPECT_EQ(choose_compression(result.files, both), PackCompression::None);
  EXPECT_EQ(choose_compression(result.files, text), PackCompression::Zstd);
}

}  // namespace
}  // namespace sitepod::tree
