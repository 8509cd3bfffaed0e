#include "model/names.hpp"

#include <gtest/gtest.h>

namespace sitepod::model {
namespace {

std::string code_of_path(std::string_view path) {
  auto parsed = parse_manifest_path(path);
  return parsed.ok() ? "" : std::string(parsed.error().code);
}

TEST(ProjectName, KeepsWhatItWasGiven) {
  for (std::string_view name : {"Foo", "a", "0", "my.site_v2-x", "Docs.example.org"})
    EXPECT_EQ(*parse_project_name(name), name);
  EXPECT_TRUE(parse_project_name(std::string(100, 'a')).ok());
}

TEST(ProjectName, RefusesWhatIsNotAName) {
  for (std::string_view name : {"", "-a", ".a", "_a", "a..b", "a b", "a/b", "ä", "a\n", "a%"}) {
    auto parsed = parse_project_name(name);
    ASSERT_FALSE(parsed.ok()) << name;
    EXPECT_EQ(parsed.error().code, "invalid_request");
  }
  EXPECT_FALSE(parse_project_name(std::string(101, 'a')).ok());
  EXPECT_FALSE(parse_project_name(std::string_view("a\0b", 3)).ok());
}

TEST(ProjectName, RefusesReservedNamesInAnyCaseAndInDisguise) {
  for (std::string_view name :
       {"console", "welcome", "www",   "api",         "app",       "admin",       "static",  "assets",
        "cdn",     "mail",    "email", "ftp",         "ssh",       "sitepod-www", "preview", "WWW",
        "Api",     "www.",    "api-",  "sitepod.www", "shop-beta", "shop.beta"})
    EXPECT_FALSE(parse_project_name(name).ok()) << name;
  for (std::string_view name : {"beta", "apis", "www2", "betamax", "shop-beta2"})
    EXPECT_TRUE(parse_project_name(name).ok()) << name;
}

TEST(ProjectName, KeyIgnoresCase) { EXPECT_EQ(project_key("FoO.Bar"), project_key("foo.bAR")); }

TEST(Subdomain, IsMadeFromTheName) {
  EXPECT_EQ(subdomain_from("Foo"), "foo");
  EXPECT_EQ(subdomain_from("my.site_v2"), "my-site-v2");
  EXPECT_EQ(subdomain_from("a.-_b"), "a-b");
  EXPECT_EQ(subdomain_from("--a--b--"), "a-b");
  EXPECT_EQ(subdomain_from("a."), "a");
  EXPECT_EQ(subdomain_from("é"), "");
  EXPECT_EQ(subdomain_from("..."), "");
}

TEST(Subdomain, IsAtMostOneLabelLongAndNeverEndsInAHyphen) {
  EXPECT_EQ(subdomain_from(std::string(100, 'a')), std::string(63, 'a'));
  EXPECT_EQ(subdomain_from(std::string(62, 'a') + "-bbb"), std::string(62, 'a'));
}

TEST(Subdomain, ReservedOnes) {
  for (std::string_view name : {"www", "_acme-challenge", "_", "x-beta", "-beta"})
    EXPECT_TRUE(is_reserved_subdomain(name)) << name;
  for (std::string_view name : {"shop", "beta", "a_b", "preview2", ""})
    EXPECT_FALSE(is_reserved_subdomain(name)) << name;
}

TEST(EnvironmentName, Grammar) {
  for (std::string_view name : {"prod", "beta", "a", "0", "pr-12"}) EXPECT_EQ(*parse_environment_name(name), name);
  EXPECT_TRUE(parse_environment_name(std::string(32, 'a')).ok());
  for (std::string_view name : {"", "-a", "a-", "A", "a_b", "a.b", "a b"})
    EXPECT_FALSE(parse_environment_name(name).ok()) << name;
  EXPECT_FALSE(parse_environment_name(std::string(33, 'a')).ok());
}

TEST(EnvironmentName, GivesTheFirstLabelOfItsHost) {
  EXPECT_EQ(environment_label("shop", "prod"), "shop");
  EXPECT_EQ(environment_label("shop", "beta"), "shop-beta");
  EXPECT_EQ(environment_label("shop", "pr-7"), "shop-pr-7");
}

TEST(PreviewSlug, Grammar) {
  for (std::string_view slug : {"a", "7", "pr-7", "a1-b2-c3"}) EXPECT_EQ(*parse_preview_slug("shop", slug), slug);
  EXPECT_TRUE(parse_preview_slug("shop", std::string(40, 'a')).ok());
  EXPECT_FALSE(parse_preview_slug("shop", std::string(41, 'a')).ok());
  for (std::string_view slug : {"", "-a", "a-", "a--b", "A", "a_b", "a.b", "a/b", "..", "a b", "é"})
    EXPECT_FALSE(parse_preview_slug("shop", slug).ok()) << slug;
}

TEST(PreviewSlug, FitsWithItsSubdomainIntoOneLabel) {
  EXPECT_TRUE(parse_preview_slug(std::string(41, 's'), std::string(20, 'a')).ok());
  EXPECT_FALSE(parse_preview_slug(std::string(41, 's'), std::string(21, 'a')).ok());
  EXPECT_EQ(preview_label("shop", "pr-7"), "shop--pr-7");
}

TEST(Email, IsTrimmedAndLowerCased) {
  EXPECT_EQ(*parse_email("  Ann@Example.COM\n"), "ann@example.com");
  EXPECT_EQ(*parse_email("a+b.c@d-e.f.g"), "a+b.c@d-e.f.g");
  EXPECT_TRUE(parse_email(std::string(242, 'a') + "@example.com").ok());
}

TEST(Email, RefusesWhatDoesNotLookLikeOne) {
  for (std::string_view email : {"", "a", "a@b", "@b.c", "a@", "a@@b.c", "a@b@c.d", "a b@c.d", "a@b..c", "a@.b.c",
                                 "a@b.c.", "<a@b.c>", "a\t@b.c"})
    EXPECT_FALSE(parse_email(email).ok()) << email;
  EXPECT_FALSE(parse_email(std::string(243, 'a') + "@example.com").ok());
  EXPECT_FALSE(parse_email("\xff@b.c").ok());
}

TEST(ManifestPath, LosesExactlyOneLeadingSlash) {
  EXPECT_EQ(*parse_manifest_path("/a/b"), "a/b");
  EXPECT_EQ(*parse_manifest_path("a/b"), "a/b");
  EXPECT_EQ(code_of_path("//a"), "invalid_path");
}

TEST(ManifestPath, KeepsEverythingElseByteForByte) {
  for (std::string_view path :
       {"a b", "a+b&c=d%e#f?g;h'i", "100%25.html", "日本語/ファイル.html", "🎉.txt", "Index.HTML", ".well-known/x",
        "...", "a/..b", "a/b..", "CON", "a:b", "~", "-", " ", "\xc2\xa0"}) {
    auto parsed = parse_manifest_path(path);
    ASSERT_TRUE(parsed.ok()) << path;
    EXPECT_EQ(*parsed, path);
  }
  // Composed and decomposed forms stay two paths.
  EXPECT_NE(*parse_manifest_path("\xc3\xa9"), *parse_manifest_path("e\xcc\x81"));
}

TEST(ManifestPath, RefusesWhatCouldLeaveTheSiteOrHideInALog) {
  for (std::string_view path :
       {"",       "/",    "a/",   "a//b",  ".",     "..",   "./a",  "a/.",      "a/./b",        "../a",     "a/..",
        "a/../b", "a\\b", "a\nb", "a\x7f", "a\x01", "a\tb", "\xff", "\xc0\xaf", "\xed\xa0\x80", "a\xe2\x82"})
    EXPECT_EQ(code_of_path(path), "invalid_path") << path;
  EXPECT_EQ(code_of_path(std::string_view("a\0b", 3)), "invalid_path");
  EXPECT_EQ(code_of_path("a\xc2\x80"), "invalid_path");
  EXPECT_EQ(code_of_path("a\xc2\x9f"
                         "b"),
            "invalid_path");
  EXPECT_EQ(code_of_path("a\xc2\xa0"), "") << "a space without a break is none";
}

TEST(ManifestPath, MayHave1024Bytes) {
  EXPECT_EQ(code_of_path(std::string(1024, 'a')), "");
  EXPECT_EQ(code_of_path("/" + std::string(1024, 'a')), "");
  EXPECT_EQ(code_of_path(std::string(1025, 'a')), "invalid_path");
}

TEST(ManifestPath, RefusalCanBeShownSafely) {
  auto parsed = parse_manifest_path("a\n\xff" + std::string(5000, 'b'));
  ASSERT_FALSE(parsed.ok());
  EXPECT_LT(parsed.error().message.size(), 300u);
  EXPECT_TRUE(is_valid_utf8(parsed.error().message));
  EXPECT_EQ(parsed.error().message.find('\n'), std::string::npos);
}

TEST(Utf8, FollowsTheTableOfWellFormedSequences) {
  for (std::string_view text :
       {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_valid_utf8(text));
  for (std::string_view text :
       {"\x80", "\xbf", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xe2\x28\xa1",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf0\x90\x80"})
    EXPECT_FALSE(is_valid_utf8(text));
}

}  // namespace
}  // namespace sitepod::model
