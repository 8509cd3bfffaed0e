// The few facts about characters that heading ids and word counts need; the same in every locale. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sitepod::builder::markdown {

struct CodePoint {
  std::uint32_t value = 0xFFFD;  // what is no UTF-8 reads as U+FFFD, one byte at a time
  std::size_t length = 1;
};
// The same as next_code_point, for whatever is no well-formed character of one to three bytes.
CodePoint next_rare_code_point(std::string_view text);
// Requires: text is not empty.
inline CodePoint next_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80; };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first >= 0xC2 && first < 0xE0 && text.size() > 1 && continues(1))
    return {(first & 0x1FU) << 6 | (byte(1) & 0x3FU), 2};
  // Neither too long a form nor half of a pair.
  const bool is_of_three = first >= 0xE0 && first < 0xF0 && text.size() > 2 && continues(1) && continues(2);
  if (is_of_three && (first != 0xE0 || byte(1) >= 0xA0) && (first != 0xED || byte(1) < 0xA0))
    return {(first & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU), 3};
  return next_rare_code_point(text);
}
void append_utf8(std::uint32_t code_point, std::string& out);

// The small letter, digit or "_" that a byte of ASCII adds to a word; 0: none.
inline constexpr auto kAsciiWordBytes = [] {
  std::array<char, 128> table{};
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = table[static_cast<std::size_t>(c - 32)] = c;
  for (char c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = c;
  table['_'] = '_';
  return table;
}();

bool is_word_character(std::uint32_t code_point);  // letter, mark, number, connector
bool is_ideographic(std::uint32_t code_point);     // Chinese and Japanese, written without spaces
std::uint32_t lower_case(std::uint32_t code_point);

}  // namespace sitepod::builder::markdown
