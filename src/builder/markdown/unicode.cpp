#include "builder/markdown/unicode.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace sitepod::builder::markdown {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};
constexpr Range kWords[] = {
#include "builder/markdown/unicode_words.inc"
};

struct LowerRange {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t step;
  std::int32_t distance;
};
constexpr LowerRange kLower[] = {
#include "builder/markdown/unicode_lower.inc"
};

// Of the first plane, where nearly all text is, a table says at once what a search in the ranges would find.
constexpr std::uint32_t kFirstPlane = 0x10000;

constexpr auto kIsWord = [] {
  std::array<std::uint64_t, kFirstPlane / 64> bits{};
  const auto add = [&bits](std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t c = first; c <= last && c < kFirstPlane; ++c) bits[c / 64] |= std::uint64_t{1} << (c % 64);
  };
  for (const Range& range : kWords) add(range.first, range.last);
  for (const Range& range : {Range{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}}) add(range.first, range.last);
  return bits;
}();

// Most scripts have no capitals: whether any of 256 neighbours has a small letter.
constexpr auto kHasLower = [] {
  std::array<bool, kFirstPlane / 256> blocks{};
  for (const LowerRange& range : kLower)
    for (std::uint32_t block = range.first / 256; block <= range.last / 256 && block < blocks.size(); ++block)
      blocks[block] = true;
  return blocks;
}();

template <typename Row, std::size_t N>
const Row* find_range(const Row (&rows)[N], std::uint32_t code_point) {
  const auto* after = std::upper_bound(std::begin(rows), std::end(rows), code_point,
                                       [](std::uint32_t value, const Row& row) { return value < row.first; });
  if (after == std::begin(rows)) return nullptr;
  const auto* row = std::prev(after);
  return code_point <= row->last ? row : nullptr;
}

}  // namespace

CodePoint next_rare_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  std::uint32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return {};
  return {value, length};
}

void append_utf8(std::uint32_t code_point, std::string& out) {
  const auto push = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    push(code_point);
  } else if (code_point < 0x800) {
    push(0xC0 | code_point >> 6);
    push(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    push(0xE0 | code_point >> 12);
    push(0x80 | (code_point >> 6 & 0x3F));
    push(0x80 | (code_point & 0x3F));
  } else {
    push(0xF0 | code_point >> 18);
    push(0x80 | (code_point >> 12 & 0x3F));
    push(0x80 | (code_point >> 6 & 0x3F));
    push(0x80 | (code_point & 0x3F));
  }
}

bool is_word_character(std::uint32_t code_point) {
  if (code_point < kFirstPlane) return (kIsWord[code_point / 64] >> (code_point % 64) & 1U) != 0;
  return find_range(kWords, code_point) != nullptr;
}

bool is_ideographic(std::uint32_t code_point) {
  return (code_point >= 0x3040 && code_point <= 0x30FF) || (code_point >= 0x3400 && code_point <= 0x9FFF) ||
         (code_point >= 0xF900 && code_point <= 0xFAFF) || (code_point >= 0x20000 && code_point <= 0x3FFFF);
}

std::uint32_t lower_case(std::uint32_t code_point) {
  if (code_point < 0x80) return code_point >= 'A' && code_point <= 'Z' ? code_point + 32 : code_point;
  if (code_point < kFirstPlane && !kHasLower[code_point / 256]) return code_point;
  const LowerRange* row = find_range(kLower, code_point);
  if (row == nullptr || (code_point - row->first) % row->step != 0) return code_point;
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(code_point) + row->distance);
}

}  // namespace sitepod::builder::markdown
