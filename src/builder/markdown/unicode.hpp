// The few facts about characters that heading ids and word counts need; the same in every locale. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sitepod::builder::markdown {

struct CodePoint {
  std::uint32_t value = 0xFFFD;  // what is no UTF-8 reads as U+FFFD, one byte at a time
  std::size_t length = 1;
};
CodePoint next_code_point(std::string_view text);  // Requires: text is not empty
void append_utf8(std::uint32_t code_point, std::string& out);

bool is_word_character(std::uint32_t code_point);  // letter, mark, number, connector
bool is_ideographic(std::uint32_t code_point);     // Chinese and Japanese, written without spaces
std::uint32_t lower_case(std::uint32_t code_point);

}  // namespace sitepod::builder::markdown
