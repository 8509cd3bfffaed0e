#include "model/manifest.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sitepod::model {
namespace {

ManifestEntry file(std::string_view path, std::string_view content, std::string_view media_type = "") {
  return {path, sha256(content), content.size(), media_type};
}

std::string line(std::string_view path, std::string_view content, std::string_view media_type = "") {
  return sha256(content).hex() + "\t" + std::to_string(content.size()) + "\t" + std::string(media_type) + "\t" +
         std::string(path) + "\n";
}

const std::string kHead = "sitepod-manifest 1\n";

TEST(Manifest, BytesAreTheDocumentedText) {
  Manifest manifest;
  manifest.add(file("index.html", "hello", "text/html; charset=utf-8"));
  manifest.add(file("a/b.css", "x"));
  ASSERT_TRUE(manifest.seal().ok());
  EXPECT_EQ(manifest.to_bytes(),
            kHead + line("a/b.css", "x") + line("index.html", "hello", "text/html; charset=utf-8"));
  EXPECT_EQ(manifest.total_size(), 6u);
}

TEST(Manifest, ReadsBackWhatItWrote) {
  Manifest manifest;
  for (int i = 0; i < 300; ++i)
    manifest.add(file("d" + std::to_string(i % 7) + "/é " + std::to_string(i),
                      std::string(static_cast<std::size_t>(i), 'x'), i % 3 ? "" : "a/b"));
  ASSERT_TRUE(manifest.seal().ok());
  auto read = Manifest::from_bytes(manifest.to_bytes());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->to_bytes(), manifest.to_bytes());
  EXPECT_EQ(read->size(), 300u);
  EXPECT_EQ(read->total_size(), manifest.total_size());
  auto found = read->find("d3/é 3");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size, 3u);
  EXPECT_EQ(found->media_type, "a/b");
  EXPECT_FALSE(read->find("d3/é"));
}

TEST(Manifest, OrderOfAdditionDoesNotChangeTheBytes) {
  Manifest forward;
  Manifest backward;
  for (int i = 0; i < 50; ++i) forward.add(file(std::to_string(i), std::to_string(i)));
  for (int i = 50; i-- > 0;) backward.add(file(std::to_string(i), std::to_string(i)));
  ASSERT_TRUE(forward.seal().ok());
  ASSERT_TRUE(backward.seal().ok());
  EXPECT_EQ(forward.to_bytes(), backward.to_bytes());
}

TEST(Manifest, SortsByBytesAndNotByCharacters) {
  Manifest manifest;
  for (std::string_view path : {"é", "a/b", "a.b", "a", "Z"}) manifest.add(file(path, path));
  ASSERT_TRUE(manifest.seal().ok());
  std::string order;
  for (std::size_t i = 0; i < manifest.size(); ++i) order += std::string(manifest.at(i).path) + " ";
  EXPECT_EQ(order, "Z a a.b a/b é ");
}

TEST(Manifest, RepeatedPathWithTheSameContentIsOneEntry) {
  Manifest manifest;
  manifest.add(file("a", "x", "text/first"));
  manifest.add(file("a", "x", "text/second"));
  ASSERT_TRUE(manifest.seal().ok());
  ASSERT_EQ(manifest.size(), 1u);
  EXPECT_EQ(manifest.at(0).media_type, "text/first");
  EXPECT_EQ(manifest.total_size(), 1u);
}

TEST(Manifest, RepeatedPathWithOtherContentIsRefused) {
  Manifest manifest;
  manifest.add(file("a", "x"));
  manifest.add(file("a", "y"));
  auto sealed = manifest.seal();
  ASSERT_FALSE(sealed.ok());
  EXPECT_EQ(sealed.error().code, "invalid_request");
}

TEST(Manifest, MediaTypeThatWouldBreakTheLineIsRefused) {
  for (std::string_view type : {"a\tb", "a\nb", "ä", "a\x7f"}) {
    Manifest manifest;
    manifest.add(file("a", "x", type));
    EXPECT_FALSE(manifest.seal().ok()) << type;
  }
}

TEST(Manifest, SizesThatCannotBeCountedAreRefused) {
  Manifest manifest;
  manifest.add({"a", Digest{}, (1ull << 63) - 1, ""});
  ASSERT_TRUE(manifest.seal().ok());
  manifest.add({"b", Digest{}, 1, ""});
  EXPECT_FALSE(manifest.seal().ok());
}

TEST(Manifest, ReaderRefusesWhatTheWriterWouldNotWrite) {
  std::string good = line("a", "x");
  ASSERT_TRUE(Manifest::from_bytes(kHead).ok());
  ASSERT_TRUE(Manifest::from_bytes(kHead + good).ok());
  std::string upper = good;
  for (char& c : upper)
    if (c >= 'a' && c <= 'f' && &c < upper.data() + 64) c = static_cast<char>(c - 32);
  std::string digest = sha256("x").hex();
  for (const std::string& bytes : {std::string(),
                                   std::string("sitepod-manifest 1"),
                                   std::string("sitepod-manifest 2\n"),
                                   " " + kHead,
                                   kHead + good.substr(0, good.size() - 1),
                                   kHead + "\n",
                                   kHead + good + "\n",
                                   kHead + good + good,
                                   kHead + line("b", "x") + good,
                                   kHead + upper,
                                   kHead + digest + "\t01\t\ta\n",
                                   kHead + digest + "\t+1\t\ta\n",
                                   kHead + digest + "\t\t\ta\n",
                                   kHead + digest + "\t1\ta\n",
                                   kHead + digest + "\t1\t\t/a\n",
                                   kHead + digest + "\t1\t\t\n",
                                   kHead + digest + "\t1\t\ta\tb\n",
                                   kHead + digest + "\t1\t\ta\r\n",
                                   kHead + digest + "\t1\t\ta/../b\n",
                                   kHead + digest.substr(1) + "\t1\t\ta\n",
                                   kHead + digest + "\t18446744073709551615\t\ta\n",
                                   kHead + digest + "\t9223372036854775807\t\ta\n" + line("b", "x")})
    EXPECT_FALSE(Manifest::from_bytes(bytes).ok()) << bytes;
}

}  // namespace
}  // namespace sitepod::model
