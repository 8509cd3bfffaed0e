#include "serve/site_index.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include <fmt/core.h>
#include <xxhash.h>

#include "base/file.hpp"
#include "serve/site_fixture.hpp"
#include "serve/site_index_format.hpp"

namespace sitepod::serve {
namespace {

using File = TestSite::File;

std::vector<File> some_files() {
  return {{"index.html", "text/html; charset=utf-8", 1234, false, "gzip br"},
          {"assets/app.0123abcd.js", "text/javascript; charset=utf-8", 5000, true, "gzip zstd br"},
          {"logo.png", "image/png", 77, false, ""},
          {"empty.txt", "text/plain; charset=utf-8", 0, false, ""},
          {"docs/404.html"},
          {"docs/deep/er/404.html"},
          {"404.html"},
          {"Ärger/日本語.html"}};
}

void fix_checksum(std::string& bytes) { format::store(bytes.data() + format::kChecksumAt, format::checksum_of(bytes)); }

TEST(SiteIndex, FindsEveryPathAndNoOther) {
  auto index = TestSite::index_of(some_files());
  EXPECT_EQ(index->size(), some_files().size());
  for (const File& file : some_files()) {
    auto entry = index->find(file.path);
    ASSERT_TRUE(entry) << file.path;
    EXPECT_EQ(entry->path(), file.path);
    EXPECT_EQ(entry->media_type(), file.type);
    EXPECT_EQ(entry->size(), file.size);
    EXPECT_EQ(entry->immutable(), file.immutable);
    EXPECT_EQ(entry->variant(Encoding::Identity).blob, digest_of(file.path));
  }
  for (std::string_view path :
       {"", "/", "index.htm", "index.html/", "INDEX.HTML", "assets", "assets/", "../index.html"})
    EXPECT_FALSE(index->find(path)) << path;
  EXPECT_FALSE(index->find(std::string("index.html\0", 11)));
}

TEST(SiteIndex, ListsItsEntriesInBytewisePathOrder) {
  auto index = TestSite::index_of(some_files());
  for (std::size_t i = 1; i < index->size(); ++i) EXPECT_LT(index->at(i - 1).path(), index->at(i).path());
  EXPECT_EQ(index->at(0).path(), "404.html");
}

TEST(SiteIndex, KeepsTheFieldsOfEveryStoredEncoding) {
  auto index = TestSite::index_of(some_files());
  auto entry = index->find("assets/app.0123abcd.js");
  for (Encoding encoding : {Encoding::Identity, Encoding::Gzip, Encoding::Zstd, Encoding::Brotli})
    EXPECT_TRUE(entry->has(encoding));
  EXPECT_EQ(entry->variant(Encoding::Brotli).blob, digest_of("assets/app.0123abcd.js.br"));
  EXPECT_EQ(entry->variant(Encoding::Brotli).size, 1250u);
  StoredVariant gzip = entry->variant(Encoding::Gzip);
  EXPECT_EQ(gzip.own_block, "ETag: " + etag_of("assets/app.0123abcd.js.gz") + "\r\nContent-Length: 1250\r\n");
  EXPECT_EQ(
      gzip.common_block,
      "Content-Type: text/javascript; charset=utf-8\r\nContent-Encoding: gzip\r\nX-Content-Type-Options: nosniff\r\n"
      "Accept-Ranges: bytes\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\nVary: Accept-Encoding\r\n"
      "Cache-Control: public, max-age=31536000, immutable\r\n");
  EXPECT_EQ(gzip.etag(), etag_of("assets/app.0123abcd.js.gz"));
  EXPECT_EQ(gzip.vary_line(), "Vary: Accept-Encoding\r\n");
  EXPECT_EQ(gzip.cache_line(), "Cache-Control: public, max-age=31536000, immutable\r\n");
  EXPECT_EQ(gzip.content_length_line(), "Content-Length: 1250\r\n");

  auto page = index->find("index.html");
  EXPECT_TRUE(page->has(Encoding::Gzip) && page->has(Encoding::Brotli));
  EXPECT_FALSE(page->has(Encoding::Zstd));
  EXPECT_EQ(page->variant(Encoding::Brotli).blob, digest_of("index.html.br"));

  auto picture = index->find("logo.png");
  EXPECT_FALSE(picture->has_encoded_variants());
  EXPECT_FALSE(picture->compressible());
  EXPECT_EQ(picture->variant(Encoding::Identity).vary_line(), "");
}

TEST(SiteIndex, GivesTheDigestOfIdentityBytesInBase64) {
  std::vector<IndexInput> one{{"a", "text/plain", sha256(std::string_view("abc")), 3, false, false, {}}};
  auto index = SiteIndex::from_bytes(build_site_index(one, kCommitted));
  ASSERT_TRUE(index.ok());
  // SHA-256 of "abc", FIPS 180-4.
  EXPECT_EQ((*index)->at(0).variant(Encoding::Identity).own_block,
            "ETag: \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"\r\n"
            "Repr-Digest: sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\nContent-Length: 3\r\n");
}

TEST(SiteIndex, KnowsHowLongItsDeepestErrorPageIs) {
  EXPECT_EQ(TestSite::index_of(some_files())->longest_error_page_path(),
            std::string_view("docs/deep/er/404.html").size());
  EXPECT_EQ(TestSite::index_of({{"404.html"}})->longest_error_page_path(), 0u);
}

TEST(SiteIndex, IsTheSameBytesForTheSameFilesInAnyOrder) {
  auto files = some_files();
  std::string expected = TestSite::bytes_of(files);
  std::mt19937 random(1);
  for (int i = 0; i < 10; ++i) {
    std::shuffle(files.begin(), files.end(), random);
    EXPECT_EQ(TestSite::bytes_of(files), expected);
  }
}

TEST(SiteIndex, OfNoFilesFindsNothing) {
  auto index = TestSite::index_of({});
  EXPECT_EQ(index->size(), 0u);
  EXPECT_FALSE(index->find("index.html"));
}

TEST(SiteIndex, TakesTheFirstOfTwoFilesWithOnePath) {
  auto index = TestSite::index_of({{"a", "text/html", 1}, {"a", "text/css", 2}});
  ASSERT_EQ(index->size(), 1u);
  EXPECT_EQ(index->at(0).media_type(), "text/html");
}

TEST(SiteIndex, ServesAFileWithAnUncleanMediaTypeAsBytes) {
  for (std::string type :
       {std::string("text/html\r\nSet-Cookie: a=b"), std::string("text/html\n"), std::string(), std::string(256, 'a'),
        std::string("text/\0html", 10), std::string("text/h\x80"), std::string(" text/html")})
    EXPECT_EQ(TestSite::index_of({{"a", type}})->at(0).media_type(), "application/octet-stream") << type;
  EXPECT_EQ(TestSite::index_of({{"a", std::string(255, 'a')}})->at(0).media_type(), std::string(255, 'a'));
}

TEST(SiteIndex, HoldsTheLargestSize) {
  auto index = TestSite::index_of({{"a", "video/mp4", UINT64_MAX}});
  EXPECT_EQ(index->at(0).variant(Encoding::Identity).content_length_line(), "Content-Length: 18446744073709551615\r\n");
}

TEST(SiteIndex, OpensFromAFileAndOutlivesItsDescriptor) {
  UniqueFd fd(::memfd_create("index", MFD_CLOEXEC));
  ASSERT_TRUE(write_all(fd.get(), TestSite::bytes_of(some_files())).ok());
  auto index = SiteIndex::open(fd);
  ASSERT_TRUE(index.ok()) << index.error().context;
  fd.reset();
  EXPECT_TRUE((*index)->find("logo.png"));
  EXPECT_EQ((*index)->last_modified(), kCommitted);
  EXPECT_EQ((*index)->last_modified_text(), "Tue, 14 Nov 2023 22:13:20 GMT");
}

// Small files are read into memory; this one is mapped, and its pages are handed back while it is checked.
TEST(SiteIndex, OpensALargeFile) {
  std::vector<std::string> paths;
  for (int i = 0; i < 20'000; ++i) paths.push_back("folder/page-" + std::to_string(i) + ".html");
  std::vector<IndexInput> files;
  for (const std::string& path : paths) files.push_back({path, "text/html; charset=utf-8", sha256(path), path.size()});
  const std::string bytes = build_site_index(files, kCommitted);
  ASSERT_GT(bytes.size(), 4u << 20);
  UniqueFd fd(::memfd_create("index", MFD_CLOEXEC));
  ASSERT_TRUE(write_all(fd.get(), std::as_bytes(std::span(bytes))).ok());
  const auto index = SiteIndex::open(fd);
  ASSERT_TRUE(index.ok()) << index.error().context;
  EXPECT_EQ((*index)->size(), paths.size());
  for (const std::string& path : paths) {
    const auto entry = (*index)->find(path);
    ASSERT_TRUE(entry) << path;
    EXPECT_EQ(entry->variant(Encoding::Identity).blob, sha256(path));
  }
  ASSERT_EQ(::ftruncate(fd.get(), static_cast<off_t>(bytes.size() - 8)), 0);
  EXPECT_FALSE(SiteIndex::open(fd).ok());
}

TEST(SiteIndex, RefusesAnEmptyFileAndAFolder) {
  EXPECT_FALSE(SiteIndex::open(UniqueFd(::memfd_create("index", MFD_CLOEXEC))).ok());
  EXPECT_FALSE(SiteIndex::open(UniqueFd(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC))).ok());
  EXPECT_FALSE(SiteIndex::open(UniqueFd()).ok());
}

TEST(SiteIndex, RefusesEveryTruncation) {
  std::string bytes = TestSite::bytes_of(some_files());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(SiteIndex::from_bytes(bytes.substr(0, length)).ok());
  EXPECT_FALSE(SiteIndex::from_bytes(bytes + '\0').ok());
}

TEST(SiteIndex, RefusesEveryFlippedBit) {
  std::string bytes = TestSite::bytes_of(some_files());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(SiteIndex::from_bytes(std::move(damaged)).ok()) << "bit " << bit;
  }
}

// With a checksum that fits, what is accepted must still be an index: each of its paths is found, and nothing reads
// beyond its end.
TEST(SiteIndex, StaysConsistentUnderDamageThatItsChecksumHides) {
  std::string bytes = TestSite::bytes_of(some_files());
  std::size_t accepted = 0;
  for (std::size_t at = format::kChecksummedFrom; at < bytes.size(); ++at) {
    for (int change : {1, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      fix_checksum(damaged);
      auto index = SiteIndex::from_bytes(std::move(damaged));
      if (!index.ok()) continue;
      ++accepted;
      for (std::size_t i = 0; i < (*index)->size(); ++i) {
        auto found = (*index)->find((*index)->at(i).path());
        ASSERT_TRUE(found && found->path() == (*index)->at(i).path()) << "byte " << at;
      }
    }
  }
  // Free bytes are few: the commit time's milliseconds, paddings, reserved bytes.
  EXPECT_LT(accepted, bytes.size() / 4);
}

constexpr std::string_view kRules =
    "sitepod-rules 1\nlock\tabout.html\t_sitepod/locked/1.html\t$argon2id$x\nredirect\t/old\t/new\n";

TEST(SiteIndex, HasTheRulesOfItsImage) {
  EXPECT_EQ(TestSite::index_of(some_files())->rules(), nullptr);
  const auto index = TestSite::index_of(some_files(), std::string(kRules));
  ASSERT_NE(index->rules(), nullptr);
  EXPECT_EQ(index->rules()->find_redirect("old"), "/new");
  EXPECT_EQ(index->rules()->find_redirect("new"), "");
  const PageLock* lock = index->rules()->find_lock("about.html");
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(lock->text, std::string_view("_sitepod\0locked/1.html", 22));
  EXPECT_EQ(lock->verifier, "$argon2id$x");
  EXPECT_EQ(index->rules()->find_lock("index.html"), nullptr);
}

TEST(SiteIndex, SignsOtherwiseForEverySiteFileAndPassword) {
  const auto key_of = [](const std::string& file, const std::string& verifier, std::string_view site) {
    model::ImageRules rules;
    rules.locks = {{file, "_sitepod/locked/1.html", verifier}};
    return SiteRules(std::move(rules), digest_of(site)).find_lock(file)->key;
  };
  const Digest key = key_of("a", "b", "site");
  EXPECT_EQ(key, key_of("a", "b", "site"));
  EXPECT_NE(key, key_of("a", "b", "another site"));
  EXPECT_NE(key, key_of("a", "c", "site"));
  EXPECT_NE(key, key_of("c", "b", "site"));
}

TEST(SiteIndex, RefusesRulesThatAreNotWhole) {
  const std::string bytes = TestSite::bytes_of(some_files(), std::string(kRules));
  const std::size_t at = bytes.find("redirect");
  std::string damaged = bytes;
  damaged[at] = 'R';
  fix_checksum(damaged);
  EXPECT_FALSE(SiteIndex::from_bytes(damaged).ok());
  for (const std::uint64_t length : {std::uint64_t{1}, std::uint64_t{31}, std::uint64_t{32}, ~std::uint64_t{0}}) {
    damaged = bytes;
    format::store(damaged.data() + format::kRulesBytesAt, length);
    fix_checksum(damaged);
    EXPECT_FALSE(SiteIndex::from_bytes(damaged).ok()) << length;
  }
}

TEST(SiteIndex, NamesWhatIsWrong) {
  std::string bytes = TestSite::bytes_of(some_files());
  bytes[format::kVersionAt] = 1;
  EXPECT_NE(SiteIndex::from_bytes(bytes).error().context.find("version"), std::string::npos);
}

TEST(SiteIndex, StaysSmallForAHundredThousandFiles) {
  std::vector<std::string> paths(100'000);
  std::vector<IndexInput> files(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    paths[i] = fmt::format("articles/{:03}/a-page-with-a-name-{:06}.html", i % 1000, i);
    files[i] = {paths[i], "text/html; charset=utf-8", digest_of(paths[i]), i, false, true, {}};
  }
  std::string bytes = build_site_index(files, kCommitted);
  EXPECT_LT(bytes.size() / paths.size(), 340u);
  auto index = SiteIndex::from_bytes(std::move(bytes));
  ASSERT_TRUE(index.ok());
  for (const std::string& path : paths) {
    auto entry = (*index)->find(path);
    ASSERT_TRUE(entry && entry->path() == path) << path;
  }
}

}  // namespace
}  // namespace sitepod::serve
