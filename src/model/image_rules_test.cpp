#include "model/image_rules.hpp"

#include <gtest/gtest.h>

namespace sitepod::model {
namespace {

TEST(ImageRules, AreReadAsTheyWereWritten) {
  ImageRules rules;
  rules.redirects = {{"/docs/old", "/docs/intro"}, {"/about us", "/"}, {"/\xc3\xa4lter", "/docs/"}};
  sort_rules(rules);
  const std::string bytes = rules_to_bytes(rules);
  EXPECT_EQ(bytes,
            "sitepod-rules 1\nredirect\t/about us\t/\nredirect\t/docs/old\t/docs/intro\n"
            "redirect\t/\xc3\xa4lter\t/docs/\n");
  const auto read = parse_rules(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->redirects, rules.redirects);
  EXPECT_TRUE(parse_rules("sitepod-rules 1\n")->empty());
}

TEST(ImageRules, LocksComeFirst) {
  ImageRules rules;
  rules.redirects = {{"/a", "/b"}};
  rules.locks = {{"b.html", "_sitepod/locked/2.html", "$argon2id$v=19$x"},
                 {"a.html", "_sitepod/locked/1.html", "$argon2id$v=19$y"}};
  sort_rules(rules);
  const std::string bytes = rules_to_bytes(rules);
  EXPECT_EQ(bytes,
            "sitepod-rules 1\nlock\ta.html\t_sitepod/locked/1.html\t$argon2id$v=19$y\n"
            "lock\tb.html\t_sitepod/locked/2.html\t$argon2id$v=19$x\nredirect\t/a\t/b\n");
  const auto read = parse_rules(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->locks, rules.locks);
}

TEST(ImageRules, ALockNamesATextBelowItsFolderAndAVerifier) {
  const std::string first = "sitepod-rules 1\n";
  EXPECT_TRUE(parse_rules(first + "lock\ta.html\t_sitepod/locked/1.html\t$argon2id$x\n").ok());
  for (const char* line :
       {"lock\ta.html\tindex.html\t$argon2id$x", "lock\ta.html\t_sitepod/rules\t$argon2id$x",
        "lock\ta.html\t_sitepod/locked/../x\t$argon2id$x", "lock\t/a.html\t_sitepod/locked/1\t$argon2id$x",
        "lock\ta.html\t_sitepod/locked/1\tsecret", "lock\ta.html\t_sitepod/locked/1\t$argon2id$x y",
        "lock\ta.html\t_sitepod/locked/1", "redirect\t/a\t/b\nlock\ta.html\t_sitepod/locked/1\t$argon2id$x",
        "lock\ta.html\t_sitepod/locked/1\t$argon2id$x\nlock\ta.html\t_sitepod/locked/2\t$argon2id$x"})
    EXPECT_FALSE(parse_rules(first + line + "\n").ok()) << line;
}

TEST(ImageRules, AnAddressLeadsToOnePlaceWhateverTheOrderOfItsRules) {
  ImageRules rules;
  rules.redirects = {{"/a", "/z"}, {"/a", "/b"}};
  sort_rules(rules);
  ASSERT_EQ(rules.redirects.size(), 1U);
  EXPECT_EQ(rules.redirects[0].to, "/b");
}

TEST(ImageRules, OnlyPlacesOfTheSameHostAreTargets) {
  for (const char* to : {"/", "/a", "/a/", "/a/b.html"}) EXPECT_TRUE(is_redirect_target(to)) << to;
  for (const char* to : {"", "a", "//evil.example", "//", "/\\evil.example", "https://evil.example", "/a\r\nX: y",
                         "/a//b", "/../b", "/a\t", "\\a"})
    EXPECT_FALSE(is_redirect_target(to)) << to;
  for (const char* from : {"/", "/a/", "//a", "a", ""}) EXPECT_FALSE(is_redirect_source(from)) << from;
}

TEST(ImageRules, NothingElseIsAccepted) {
  for (const char* bytes :
       {"", "sitepod-rules 2\n", "sitepod-rules 1", "sitepod-rules 1\nredirect\t/a\t/b", "sitepod-rules 1\n\n",
        "sitepod-rules 1\nredirect\t/a\n", "sitepod-rules 1\nredirect\t/a\t/b\t/c\n", "sitepod-rules 1\nlead\t/a\t/b\n",
        "sitepod-rules 1\nredirect\t/b\t/x\nredirect\t/a\t/x\n",
        "sitepod-rules 1\nredirect\t/a\t/x\nredirect\t/a\t/y\n", "sitepod-rules 1\nredirect\t/a\t//evil.example\n",
        "sitepod-rules 1\r\nredirect\t/a\t/b\n", "sitepod-rules 1\nredirect\t/a\t/b\r\n",
        "sitepod-rules 1\nredirect\t/a/\t/b\n"})
    EXPECT_FALSE(parse_rules(bytes).ok()) << bytes;
}

}  // namespace
}  // namespace sitepod::model
