#include "manuscript/destinations.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sitepod::manuscript {
namespace {

std::vector<Destination> all_of(std::string_view markdown) {
  std::vector<Destination> found;
  EXPECT_EQ(replace_destinations(markdown,
                                 [&](const Destination& each) -> std::optional<std::string> {
                                   found.push_back(each);
                                   return std::nullopt;
                                 }),
            markdown);
  return found;
}

TEST(Destinations, AreFoundWithTheirLines) {
  const auto found = all_of("[a](b.md) ![c](<d e.png> \"t\")\n\n> [r]: f.md\n\n`[no](no)`\n![[g h.png|300]] [[page]]");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].written, "b.md");
  EXPECT_EQ(found[1].written, "d e.png");
  EXPECT_EQ(found[2].written, "f.md");
  EXPECT_EQ(found[2].line, 3u);
  EXPECT_EQ(found[3].written, "g h.png");
  EXPECT_TRUE(found[3].is_embed);
  EXPECT_EQ(found[3].line, 6u);
}

TEST(Destinations, AreReplacedWithoutTouchingTheRest) {
  const auto upper = [](const Destination& each) -> std::optional<std::string> {
    return "/" + percent_encoded(percent_decoded(each.written));
  };
  EXPECT_EQ(replace_destinations("![a](<d e.png> \"t\") ![[x y.png|300]]", upper),
            "![a](/d%20e.png \"t\") ![[/x%20y.png|300]]");
}

TEST(Destinations, StandBehindBracketsThatWereOpened) {
  for (const std::string_view text : {"\\[a](b)", "!\\[a](b)", "a](b)", "[a\n\nc](b)", "[a\\](b)"})
    EXPECT_TRUE(all_of(text).empty()) << text;
  for (const std::string_view text : {"[a\nc](b)", "[[a](b)", "\\\\[a](b)", "\\![a](b)", "> [a\n> c](b)", "[a[c]](b)"})
    EXPECT_EQ(all_of(text).size(), 1u) << text;
  EXPECT_EQ(all_of("[![a](b)](c)").size(), 2u);
}

TEST(Destinations, TakeLinearTimeForHostileTexts) {
  for (const std::string_view piece : {"](<", "[](<", "[](a", "![[", "![[a|", "[](((", "[a]: <", "["}) {
    std::string text;
    while (text.size() < 100'000) text += piece;
    const auto start = std::chrono::steady_clock::now();
    all_of(text);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << piece;
  }
}

}  // namespace
}  // namespace sitepod::manuscript
