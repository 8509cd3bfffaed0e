#include "content/page_rules.hpp"

#include <gtest/gtest.h>

namespace sitepod::content {
namespace {

using model::ContentType;

TEST(PageRules, TitlesBecomeSlugsAsClientsMakeThem) {
  EXPECT_EQ(slug_from_title("It's a Test!"), "its-a-test");
  EXPECT_EQ(slug_from_title("  a -- b  "), "a-b");
  EXPECT_EQ(slug_from_title("日本語"), "");
  EXPECT_EQ(slug_from_title(std::string(99, 'x') + " y"), std::string(99, 'x'));
}

TEST(PageRules, EveryFaultOfAPageIsToldOnce) {
  model::PageChange change;
  change.title = std::string(201, 'x');
  change.slug = "-a";
  change.primary_color = "#12";
  change.tags = {"ok", "_"};
  change.password = "short";
  change.switches[0] = "maybe";
  const FieldErrors errors = check_fields(change);
  ASSERT_EQ(errors.size(), 6u);
}

TEST(PageRules, AnEmptyTextClearsAFieldWhateverItsGrammar) {
  model::PageChange change;
  change.primary_color = change.language = change.api_endpoint = change.password = change.theme = "";
  EXPECT_TRUE(check_fields(change).empty());
}

TEST(PageRules, AliasesArePathsThatABuildCanWrite) {
  const auto is_taken = [](const std::string& alias) {
    model::PageChange change;
    change.aliases = {alias};
    return check_fields(change).empty();
  };
  for (const char* alias : {"/old", "/old/address", "/2020/01/a.b", "/old/", "/\xc3\xa9"})
    EXPECT_TRUE(is_taken(alias)) << alias;
  for (const char* alias : {"/a/../b", "/..", "/../b", "/a/./b", "/x//y", "/\xff", "old", "//host", "/"})
    EXPECT_FALSE(is_taken(alias)) << alias;
}

TEST(PageRules, SectionsHaveAsManySegmentsAsTheirTypeAllows) {
  EXPECT_EQ(fault_of_section(ContentType::kStandalone, "a/b"), "");
  EXPECT_NE(fault_of_section(ContentType::kStandalone, "a/b/c"), "");
  EXPECT_NE(fault_of_section(ContentType::kDocs, "a/b"), "");
  EXPECT_NE(fault_of_section(ContentType::kHomepage, "a"), "");
  EXPECT_NE(fault_of_section(ContentType::kStandalone, "docs/a"), "");
  EXPECT_EQ(fault_of_section(ContentType::kStandalone, "api/docs"), "");
  EXPECT_NE(fault_of_section(ContentType::kDocs, "a--b"), "");
}

}  // namespace
}  // namespace sitepod::content
