#include "builder/escape.hpp"

#include <gtest/gtest.h>

#include <random>

#include "builder/markdown/text.hpp"

namespace sitepod::builder {
namespace {

std::string escaped_one_by_one(std::string_view text, bool with_apostrophe) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'' && with_apostrophe)
      out += "&#39;";
    else if (c == '\0')
      out += "\xEF\xBF\xBD";
    else
      out += c;
  }
  return out;
}

// Sixteen bytes are looked at together, and the last ones of a text again: every length and place counts.
TEST(Escape, ReplacesTheSameBytesWhereverTheyStandInTextsOfAnyLength) {
  std::mt19937 random(7);
  const std::string_view bytes("&<>\"'\0 az\x80\xff;%", 13);
  for (std::size_t length = 0; length < 80; ++length) {
    for (int round = 0; round < 60; ++round) {
      // Few of them, or nothing else.
      const unsigned others = round % 3 == 0 ? 1 : 40;
      std::string text(length, 'x');
      for (char& c : text)
        if (random() % others == 0) c = bytes[random() % bytes.size()];
      std::string html, prose;
      escape_html(text, html);
      markdown::append_escaped(text, prose);
      ASSERT_EQ(html, escaped_one_by_one(text, true));
      ASSERT_EQ(prose, escaped_one_by_one(text, false));
    }
  }
}

}  // namespace
}  // namespace sitepod::builder
