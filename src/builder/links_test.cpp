#include <gtest/gtest.h>

#include <random>
#include <set>

#include "builder/absolute_links.hpp"
#include "builder/dates.hpp"
#include "builder/languages.hpp"
#include "builder/link_check.hpp"
#include "builder/markdown/unicode.hpp"
#include "builder/plain_text.hpp"
#include "builder/site_fixture.hpp"

namespace sitepod::builder {
namespace {

std::string absolute(std::string_view html) {
  return with_absolute_links(html, "https://a.example", "https://a.example/blog/post");
}

TEST(AbsoluteLinks, GiveEveryAddressOfTheSiteItsHost) {
  EXPECT_EQ(absolute("<a href=\"/x\">"), "<a href=\"https://a.example/x\">");
  EXPECT_EQ(absolute("<a href=\"#part\">"), "<a href=\"https://a.example/blog/post#part\">");
  EXPECT_EQ(absolute("<a href=\"other\">"), "<a href=\"https://a.example/blog/other\">");
  EXPECT_EQ(absolute("<img src=\"/m.webp\" srcset=\"/s.webp 800w, /m.webp 1600w\">"),
            "<img src=\"https://a.example/m.webp\" srcset=\"https://a.example/s.webp 800w, https://a.example/m.webp "
            "1600w\">");
}

TEST(AbsoluteLinks, LeaveOtherHostsSchemesAndTextAlone) {
  for (const char* html :
       {"<a href=\"https://b.example/\">", "<a href=\"//b.example/\">", "<a href=\"mailto:a@b.example\">",
        "<code>href=\"/x\"</code>", "<p title=\"> href=&quot;/x\">"})
    EXPECT_EQ(absolute(html), html);
}

TEST(LinkCheck, ResolvesLinksAsBrowsersDo) {
  const auto resolve = [](std::string_view link) {
    return local_target(link, "/docs/api/users", "https://a.example").value_or("away");
  };
  EXPECT_EQ(resolve("roles"), "/docs/api/roles");
  EXPECT_EQ(resolve("./roles?x#y"), "/docs/api/roles");
  EXPECT_EQ(resolve("../intro"), "/docs/intro");
  EXPECT_EQ(resolve("../../../.."), "/");
  EXPECT_EQ(resolve("/a%20b/"), "/a b/");
  EXPECT_EQ(resolve("#part"), "/docs/api/users");
  EXPECT_EQ(resolve("https://a.example/blog/"), "/blog/");
  EXPECT_EQ(resolve("https://a.example"), "/");
  EXPECT_EQ(resolve("https://a.example.org/"), "away");
  EXPECT_EQ(resolve("//b.example/"), "away");
  EXPECT_EQ(resolve("mailto:x@y.example"), "away");
}

TEST(PlainText, CutsExcerptsBetweenWordsAndNeverInsideACharacter) {
  EXPECT_EQ(excerpt_of("One  two\nthree.", 100), "One two three.");
  EXPECT_EQ(excerpt_of("One two three, four", 15), "One two three…");
  EXPECT_EQ(excerpt_of("ääääääääää", 5), "ää…");
  EXPECT_EQ(excerpt_of("", 10), "");
}

TEST(PlainText, ListsEveryWordOnceInLowerCase) {
  EXPECT_EQ(search_words_of("The cat, the CAT and Émile's hat."), "the cat and émile s hat");
}

// What the words of a text are, said as simply as possible.
std::string simple_search_words(std::string_view text) {
  std::string out;
  std::string word;
  std::set<std::string> seen;
  const auto end_word = [&] {
    if (!word.empty() && out.size() + word.size() < 65'536 && seen.insert(word).second)
      out += (out.empty() ? "" : " ") + word;
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const markdown::CodePoint next = markdown::next_code_point(text.substr(at));
    at += next.length;
    const bool in_word = markdown::is_word_character(next.value);
    if (in_word) markdown::append_utf8(markdown::lower_case(next.value), word);
    if (!in_word || word.size() >= 64) end_word();
  }
  end_word();
  return out;
}

TEST(PlainText, FindsTheSameWordsInAnyTextAsASimplerSearch) {
  const std::vector<std::string> parts = {"a", "B", "ß", "É",  "Ж", "ऋ", "語",   "𝒜",        "𐐀",
                                          "_", "7", " ", "\n", "-", "’", "\xFF", "\xE8\xAA", std::string(63, 'x')};
  std::mt19937 random(3);
  for (const std::size_t length : {0U, 1U, 10U, 1'000U, 100'000U}) {
    for (int round = 0; round < 10; ++round) {
      std::string text;
      for (std::size_t i = 0; i < length; ++i) text += parts[random() % parts.size()];
      EXPECT_EQ(search_words_of(text), simple_search_words(text));
    }
  }
}

TEST(PlainText, EndsWhereTheListOfWordsIsFull) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "word" + std::to_string(i) + " ";
  const std::string words = search_words_of(text);
  EXPECT_EQ(words, simple_search_words(text));
  EXPECT_GT(words.size(), 65'500U);
  EXPECT_LE(words.size(), 65'536U);
}

TEST(Dates, AreWrittenInUtcAndEnglish) {
  const auto time = at(2024, 2, 29, 9);
  EXPECT_EQ(iso_date(time), "2024-02-29T09:00:00Z");
  EXPECT_EQ(long_date(time), "29 February 2024");
  EXPECT_EQ(rfc822_date(time), "Thu, 29 Feb 2024 09:00:00 +0000");
}

TEST(Languages, KnowsWhatIsWrittenFromRightToLeft) {
  for (const char* tag : {"ar", "he-IL", "fa", "ur-PK", "pa-Arab"}) EXPECT_TRUE(is_right_to_left(tag)) << tag;
  for (const char* tag : {"en", "de-CH", "ar-Latn", "pt-BR", "zh-Hant"}) EXPECT_FALSE(is_right_to_left(tag)) << tag;
  for (const char* tag : {"", "e", "english", "en\"x", "en x"}) EXPECT_FALSE(is_language(tag)) << tag;
}

}  // namespace
}  // namespace sitepod::builder
