#include "deploy/plan_entries.hpp"

#include <gtest/gtest.h>

namespace sitepod::deploy {
namespace {

PlanEntry entry(std::string_view path, std::string_view content) {
  PlanEntry made;
  made.path = path;
  made.name = sha256(content);
  return made;
}

TEST(PlanEntries, ComeBackFromTheirBytesAsTheyWere) {
  PlanEntries::Builder builder;
  PlanEntry full = entry("b/ü.css", "2");
  full.had_slash = true;
  full.name_kind = NameKind::Blake3;
  full.claimed_sha256 = sha256("claim");
  full.size = 1ull << 40;
  full.media_type = "text/css";
  builder.add(full);
  builder.add(entry("a", "1"));
  const PlanEntries entries = std::move(builder).build().value();
  const PlanEntries again = PlanEntries::from_bytes(entries.to_bytes()).value();
  ASSERT_EQ(again.size(), 2u);
  const PlanEntry read = again.at(0);
  EXPECT_EQ(read.path, "b/ü.css");
  EXPECT_TRUE(read.had_slash);
  EXPECT_EQ(read.name_kind, NameKind::Blake3);
  EXPECT_EQ(read.claimed_sha256, full.claimed_sha256);
  EXPECT_EQ(read.size, full.size);
  EXPECT_EQ(read.media_type, "text/css");
  EXPECT_EQ(again.at(1).path, "a");
  EXPECT_EQ(again.to_bytes(), entries.to_bytes());
}

TEST(PlanEntries, AreFoundByNameAndByPath) {
  PlanEntries::Builder builder;
  builder.add(entry("c", "same"));
  builder.add(entry("b", "other"));
  builder.add(entry("a", "same"));
  const PlanEntries entries = std::move(builder).build().value();
  const auto same = entries.find_name(sha256("same"));
  EXPECT_EQ(std::vector<std::uint32_t>(same.begin(), same.end()), (std::vector<std::uint32_t>{0, 2}));
  EXPECT_TRUE(entries.find_name(sha256("absent")).empty());
  EXPECT_EQ(entries.find_path("b"), 1u);
  EXPECT_EQ(entries.find_path("d"), std::nullopt);
  EXPECT_EQ(entries.distinct_names(), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(entries.name_slots(), (std::vector<std::uint32_t>{0, 1, 0}));
  ASSERT_EQ(entries.sorted_names().size(), 2u);
  EXPECT_LT(entries.sorted_names()[0], entries.sorted_names()[1]);
  EXPECT_EQ(entries.at(entries.sorted_name_positions()[0]).name, entries.sorted_names()[0]);
}

TEST(PlanEntries, OnePathTwiceIsOneEntryOnlyWithOneHash) {
  PlanEntries::Builder twice;
  twice.add(entry("a", "1"));
  twice.add(entry("b", "2"));
  twice.add(entry("a", "1"));
  const PlanEntries once = std::move(twice).build().value();
  ASSERT_EQ(once.size(), 2u);
  EXPECT_EQ(once.at(1).path, "b");
  EXPECT_EQ(PlanEntries::from_bytes(once.to_bytes())->at(1).path, "b");
  PlanEntries::Builder differing;
  differing.add(entry("a", "1"));
  differing.add(entry("a", "2"));
  EXPECT_EQ(std::move(differing).build().error().code, "invalid_request");
}

TEST(PlanEntries, PiecesAreItsBytesInOrder) {
  PlanEntries::Builder builder;
  for (int i = 0; i < 100; ++i) builder.add(entry("path-" + std::to_string(i), std::to_string(i)));
  const PlanEntries entries = std::move(builder).build().value();
  std::string all;
  ASSERT_TRUE(entries
                  .each_piece(1000,
                              [&](std::string_view piece) -> Result<void> {
                                EXPECT_LE(piece.size(), 1000u);
                                all += piece;
                                return {};
                              })
                  .ok());
  EXPECT_EQ(all, entries.to_bytes());
}

TEST(PlanEntries, DamagedBytesAreRefusedAtEveryLength) {
  PlanEntries::Builder builder;
  PlanEntry full = entry("path", "x");
  full.media_type = "text/css";
  full.size = 300;
  builder.add(full);
  builder.add(entry("q", "y"));
  const std::string bytes = std::move(builder).build()->to_bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(PlanEntries::from_bytes(bytes.substr(0, length)).ok()) << length;
  EXPECT_FALSE(PlanEntries::from_bytes(bytes + "x").ok());
}

TEST(PlanEntries, AHundredThousandFilesCostLessThan300BytesEach) {
  PlanEntries::Builder builder(100'000 * 200);  // as the length of a JSON body announces
  for (int i = 0; i < 100'000; ++i) {
    const std::string path = "assets/some/folder/of/the/site/file-" + std::to_string(i) + ".html";
    PlanEntry made = entry(path, path);
    made.claimed_sha256 = made.name;
    made.size = 4096;
    builder.add(made);
  }
  const PlanEntries entries = std::move(builder).build().value();
  EXPECT_LT(entries.memory_bytes() + entries.to_bytes().size(), 100'000u * 300);
}

}  // namespace
}  // namespace sitepod::deploy
