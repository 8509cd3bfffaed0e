#include "builder/plain_text.hpp"

#include <unordered_set>

#include "builder/markdown/unicode.hpp"

namespace sitepod::builder {
namespace {

constexpr std::size_t kMaxSearchBytes = 64U << 10U;
constexpr std::size_t kMaxWordBytes = 64;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

}  // namespace

std::string excerpt_of(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (const char c : text) {
    if (is_space(c)) {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
    } else {
      out.push_back(c);
    }
    if (out.size() > max_bytes + 4) break;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.size() <= max_bytes) return out;
  std::size_t end = out.rfind(' ', max_bytes);
  if (end == std::string::npos || end < max_bytes / 2) {
    end = max_bytes;
    while (end > 0 && continues_character(out[end])) --end;
  }
  out.resize(end);
  while (!out.empty() && (out.back() == ' ' || out.back() == ',' || out.back() == '.')) out.pop_back();
  return out + "…";
}

std::string search_words_of(std::string_view text) {
  std::string out;
  std::string word;
  std::unordered_set<std::string> seen;
  const auto end_word = [&] {
    if (!word.empty() && out.size() + word.size() < kMaxSearchBytes && seen.insert(word).second) {
      if (!out.empty()) out.push_back(' ');
      out += word;
    }
    word.clear();
  };
  while (!text.empty()) {
    const markdown::CodePoint next = markdown::next_code_point(text);
    text.remove_prefix(next.length);
    const bool in_word = markdown::is_word_character(next.value);
    if (in_word) markdown::append_utf8(markdown::lower_case(next.value), word);
    // Writing without spaces comes as very long words: cut, not lost.
    if (!in_word || word.size() >= kMaxWordBytes) end_word();
  }
  end_word();
  return out;
}

}  // namespace sitepod::builder
