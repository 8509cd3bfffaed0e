#include "http/etag.hpp"

#include <gtest/gtest.h>

namespace sitepod::http {
namespace {

constexpr auto kWeak = EtagCompare::Weak;
constexpr auto kStrong = EtagCompare::Strong;

TEST(Etag, ComparesAsTheTableOfTheRfcSays) {
  struct Case {
    std::string_view a, b;
    bool strong, weak;
  };
  const Case cases[] = {
      {"W/\"1\"", "W/\"1\"", false, true}, {"W/\"1\"", "W/\"2\"", false, false}, {"W/\"1\"", "\"1\"", false, true},
      {"\"1\"", "\"1\"", true, true},      {"\"1\"", "\"2\"", false, false},     {"\"\"", "\"\"", true, true},
      {"\"a\"", "\"A\"", false, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(etags_equal(c.a, c.b, kStrong), c.strong) << c.a << c.b;
    EXPECT_EQ(etags_equal(c.a, c.b, kWeak), c.weak) << c.a << c.b;
    EXPECT_EQ(etags_equal(c.b, c.a, kStrong), c.strong) << c.a << c.b;
    EXPECT_EQ(etag_list_matches(c.a, c.b, kStrong), c.strong) << c.a << c.b;
    EXPECT_EQ(etag_list_matches(c.a, c.b, kWeak), c.weak) << c.a << c.b;
  }
}

TEST(Etag, FindsATagAnywhereInAList) {
  for (const std::string_view list :
       {"\"x\"", "\"x\", \"y\"", "\"a\", \"x\"", "\"a\",\"x\",\"b\"", "W/\"a\" , \"x\"", "\t\"x\" ", ",\"x\"", "\"x\",",
        ", ,\"x\" , ,", "\"a,b\", \"x\"", "\"\", \"x\"", "\"\\\", \"x\"", "\"\xff\",\"x\"", "\"W/\",\"x\""})
    EXPECT_TRUE(etag_list_matches(list, "\"x\"", kStrong)) << list;
  EXPECT_TRUE(etag_list_matches("\"a\", W/\"x\"", "\"x\"", kWeak));
  EXPECT_FALSE(etag_list_matches("\"a\", W/\"x\"", "\"x\"", kStrong));
}

TEST(Etag, AStarMatchesEverythingAndOnlyAlone) {
  EXPECT_TRUE(etag_list_matches("*", "\"x\"", kWeak));
  EXPECT_TRUE(etag_list_matches(" * ", "\"x\"", kStrong));
  for (const std::string_view list : {"**", "*, \"x\"", "\"x\", *", "*,", "\"*\"", "W/*"})
    EXPECT_FALSE(etag_list_matches(list, "\"x\"", kWeak)) << list;
}

TEST(Etag, AListThatIsWrongAnywhereMatchesNothing) {
  for (const std::string_view list : {"",
                                      " ",
                                      ",",
                                      "x",
                                      "\"",
                                      "\"x",
                                      "x\"",
                                      "W/",
                                      "W/\"",
                                      "W",
                                      "w/\"x\"",
                                      "W\"x\"",
                                      "W/ \"x\"",
                                      "'x'",
                                      "\"x\" \"x\"",
                                      "\"x\"\"x\"",
                                      "\"x\", y",
                                      "y, \"x\"",
                                      "\"x\", \"",
                                      "\"x\";",
                                      "\"x y\", \"x\"",
                                      "\"x\",W/",
                                      "\"x\x7f\", \"x\"",
                                      "\"\t\",\"x\"",
                                      "\"a\"b\", \"x\""})
    EXPECT_FALSE(etag_list_matches(list, "\"x\"", kWeak)) << list;
  EXPECT_FALSE(etag_list_matches(std::string_view("\"x\"\0", 4), "\"x\"", kWeak));
}

TEST(Etag, KnowsACompleteTag) {
  for (const std::string_view text : {"\"\"", "\"x\"", "W/\"x\"", "\"!#~\x80\"", "\"a,b\""})
    EXPECT_TRUE(is_valid_etag(text)) << text;
  for (const std::string_view text :
       {"", "x", "\"", "\"x", "W/", "W/\"", "\"a\"b", "\"a\"b\"", "\"a b\"", "w/\"x\"", " \"x\"", "*"})
    EXPECT_FALSE(is_valid_etag(text)) << text;
}

}  // namespace
}  // namespace sitepod::http
