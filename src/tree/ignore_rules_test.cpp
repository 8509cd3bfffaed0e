#include "tree/ignore_rules.hpp"

#include <gtest/gtest.h>

namespace sitepod::tree {
namespace {

enum Kind { File, Folder };

SkipReason judge(std::string_view rules, std::string_view path, Kind kind = File) {
  IgnoreRules ignore;
  ignore.add_text(rules);
  return ignore.judge(path, kind == Folder);
}
bool skips(std::string_view rules, std::string_view path, Kind kind = File) {
  return judge(rules, path, kind) != SkipReason::None;
}

TEST(IgnoreRules, PatternsFollowGitignore) {
  struct Case {
    std::string_view rules, path;
    Kind kind;
    bool skipped;
  };
  const Case cases[] = {
      {"*.log", "a.log", File, true},
      {"*.log", "deep/er/a.log", File, true},
      {"/a.log", "a.log", File, true},
      {"/a.log", "x/a.log", File, false},
      {"drafts/", "drafts", Folder, true},
      {"drafts/", "drafts", File, false},
      {"drafts/", "x/drafts", Folder, true},
      {"x/drafts", "y/x/drafts", Folder, false},
      {"x/drafts", "x/drafts", File, true},
      {"**/tmp", "a/b/tmp", File, true},
      {"**/tmp", "tmp", File, true},
      {"a/**/z", "a/z", File, true},
      {"a/**/z", "a/b/c/z", File, true},
      {"a/**/z", "b/a/z", File, false},
      {"a/**", "a/b", File, true},
      {"a/**", "a", Folder, false},
      {"a/*", "a/b/c", File, false},
      {"**/*.map", "app.js.map", File, true},
      {"**/*.map", "js/app.js.map", File, true},
      {"*.log\n!keep.log", "keep.log", File, false},
      {"!keep.log\n*.log", "keep.log", File, true},
      {"# *.log\n\n", "a.log", File, false},
      {"\\#a", "#a", File, true},
      {"\\!a", "!a", File, true},
      {"a?c", "abc", File, true},
      {"a?c", "a/c", File, false},
      {"a[0-9].txt", "a7.txt", File, true},
      {"a[!0-9].txt", "a7.txt", File, false},
      {"a[!0-9].txt", "ax.txt", File, true},
      {"a[]x]b", "a]b", File, true},
      {"a[b", "a[b", File, true},
      {"name  ", "name", File, true},
      {"name\r\n", "name", File, true},
      {"\xEF\xBB\xBFname", "name", File, true},
      {"/", "name", File, false},
  };
  for (const Case& c : cases) EXPECT_EQ(skips(c.rules, c.path, c.kind), c.skipped) << c.rules << " : " << c.path;
}

TEST(IgnoreRules, HiddenFilesAndNodeModulesAreSkippedUnlessNegated) {
  EXPECT_EQ(judge("", ".htaccess"), SkipReason::Hidden);
  EXPECT_EQ(judge("", "a/.cache", Folder), SkipReason::Hidden);
  EXPECT_EQ(judge("", "a/node_modules", Folder), SkipReason::NodeModules);
  EXPECT_EQ(judge("", "sitepod.toml"), SkipReason::Settings);
  EXPECT_EQ(judge("", "a/sitepod.toml"), SkipReason::None);
  EXPECT_FALSE(skips("!.htaccess", ".htaccess"));
  EXPECT_FALSE(skips("!node_modules", "node_modules", Folder));
}

TEST(IgnoreRules, SecretsShipOnlyWhenTheyAreNamedLiterally) {
  for (auto path : {".git", ".env", ".env.production", "a/.env.local"}) {
    EXPECT_EQ(judge("", path), SkipReason::Secret) << path;
    EXPECT_EQ(judge("!.*", path), SkipReason::Secret) << path;
    EXPECT_EQ(judge("!**", path), SkipReason::Secret) << path;
  }
  EXPECT_FALSE(skips("!.env.example", ".env.example"));
  EXPECT_TRUE(skips("!.env.example", ".env"));
  EXPECT_TRUE(skips("!.env.example\n.env.example", ".env.example"));
  EXPECT_EQ(judge("", ".gitkeep"), SkipReason::Hidden);
}

TEST(IgnoreRules, WellKnownAlwaysShips) {
  EXPECT_FALSE(skips(".*\n**", ".well-known", Folder));
  EXPECT_FALSE(skips("*.map\n.*", ".well-known/x/y.map"));
  EXPECT_FALSE(skips("", ".well-known/.nojekyll"));
  EXPECT_TRUE(skips("", ".well-known/.env"));
}

TEST(IgnoreRules, APatternOfManyStarsStaysFast) {
  std::string pattern, text(5000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(wildmatch(pattern + "b", text));
}

}  // namespace
}  // namespace sitepod::tree
