#include "content/file_references.hpp"

#include <gtest/gtest.h>

namespace sitepod::content {
namespace {

std::optional<std::string> find(std::string_view name) {
  if (name == "a.png") return "/media/ab/1.webp";
  if (name == "b c.pdf") return "/media/cd/2.pdf";
  return std::nullopt;
}

std::string replaced(std::string_view markdown) { return replace_file_references(markdown, find).text; }
std::size_t unresolved(std::string_view markdown) { return replace_file_references(markdown, find).unresolved; }

TEST(FileReferences, BecomeAddressesInImagesLinksAndDefinitions) {
  EXPECT_EQ(replaced("![x](file:a.png) and [y](file:a.png \"title\")"),
            "![x](/media/ab/1.webp) and [y](/media/ab/1.webp \"title\")");
  EXPECT_EQ(replaced("[y](<file:b c.pdf>) [z](file:b%20c.pdf)"), "[y](/media/cd/2.pdf) [z](/media/cd/2.pdf)");
  EXPECT_EQ(replaced("[y](file:b%20c.pdf#page=2) ![[file:a.png|300]]"),
            "[y](/media/cd/2.pdf#page=2) ![[/media/ab/1.webp|300]]");
  EXPECT_EQ(replaced("> [r]: file:a.png\n[s][r]"), "> [r]: /media/ab/1.webp\n[s][r]");
}

TEST(FileReferences, StayAsTheyAreInCode) {
  for (const std::string_view text : {"`[x](file:a.png)`", "``a ` [x](file:a.png)``", "```\n[x](file:a.png)\n```\n",
                                      "~~~ md\n[x](file:gone)\n~~~~\n", "    [x](file:gone)\n", "\\](file:gone)"}) {
    EXPECT_EQ(replaced(text), text);
    EXPECT_EQ(unresolved(text), 0u) << text;
  }
}

TEST(FileReferences, AreFoundInWhateverAListItemOrQuoteHolds) {
  for (const std::string_view text : {"- one\n\n    ![x](file:a.png)\n",                //
                                      "1. one\n\n   ![x](file:a.png)\n",                //
                                      "- one\n\n\t![x](file:a.png)\n",                  //
                                      "- a\n  - b\n\n      ![x](file:a.png)\n",         //
                                      "- a\n\n  lazy\nline\n\n    ![x](file:a.png)\n",  //
                                      "> - a\n>\n>     ![x](file:a.png)\n",             //
                                      "- > a\n  >\n  >   ![x](file:a.png)\n",           //
                                      "10. - a\n\n      ![x](file:a.png)\n",            //
                                      "text\n    ![x](file:a.png)\n",                   //
                                      "- ```\n  code\n\n![x](file:a.png)\n",            //
                                      "    - no list\n\n![x](file:a.png)\n"}) {
    const std::string found = replaced(text);
    EXPECT_NE(found.find("![x](/media/ab/1.webp)"), std::string::npos) << text;
  }
}

TEST(FileReferences, StayAsTheyAreInCodeOfListItemsAndQuotes) {
  for (const std::string_view text : {"- one\n\n      ![x](file:a.png)\n",                //
                                      "- one\n\ntext\n\n    ![x](file:a.png)\n",          //
                                      "-     ![x](file:a.png)\n",                         //
                                      "- ```\n  ![x](file:a.png)\n  ```\n",               //
                                      "1. a\n\n   ~~~\n   ![x](file:a.png)\n\n   ~~~\n",  //
                                      "> ```\n> ![x](file:a.png)\n> ```\n",               //
                                      ">     ![x](file:a.png)\n",                         //
                                      "# heading\n    ![x](file:a.png)\n",                //
                                      "heading\n===\n    ![x](file:a.png)\n",             //
                                      "* * *\n\n    ![x](file:a.png)\n",                  //
                                      "```\n- x\n\n  ![x](file:a.png)\n```\n",            //
                                      "- a\n  - b\n\n        ![x](file:a.png)\n"}) {
    EXPECT_EQ(replaced(text), text);
    EXPECT_EQ(unresolved(text), 0u) << text;
  }
}

TEST(FileReferences, AreFoundBehindACodeSpanOfTwoLines) {
  EXPECT_EQ(replaced("`a\nb` ![x](file:a.png)\n    ![x](file:a.png)"),
            "`a\nb` ![x](/media/ab/1.webp)\n    ![x](/media/ab/1.webp)");
}

TEST(FileReferences, AreCountedWhenNobodyHasTheFile) {
  EXPECT_EQ(unresolved("[x](file:gone) [y](file:gone) [z](file:a.png)"), 2u);
  EXPECT_EQ(unresolved("`open [x](file:gone)\n\nnext `[y](file:gone)"), 2u);
  EXPECT_EQ(replaced("```\ncode\n```\n[x](file:a.png)"), "```\ncode\n```\n[x](/media/ab/1.webp)");
}

TEST(FileReferences, TakeLinearTimeForHostileTexts) {
  std::string ticks = "file:";
  for (int i = 0; i < 20'000; ++i) ticks += "` `` ";
  EXPECT_EQ(replaced(ticks), ticks);
}

}  // namespace
}  // namespace sitepod::content
