#include "builder/markdown/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "builder/escape.hpp"
#include "builder/markdown/unicode.hpp"
#include "builder/replace_bytes.hpp"

namespace sitepod::builder::markdown {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr Entity kEntities[] = {
#include "builder/markdown/entities.inc"
};

// What cmark leaves as it is in an address; "&" is escaped afterwards.
constexpr auto kStaysInAddress = [] {
  std::array<bool, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = table[static_cast<std::size_t>(c - 32)] = true;
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("-_.+!*(),%#@?=;:/$~&'")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

constexpr std::string_view escaped(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\0':
      return kReplacement;
    default:
      return {};
  }
}
constexpr auto kNeedsEscape = table_of_replaced(escaped);

std::string decode_number(std::string_view digits, int base) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  const bool is_character = error == std::errc() && end == digits.data() + digits.size() && value != 0 &&
                            value <= 0x10FFFF && (value < 0xD800 || value >= 0xE000);
  if (!is_character) return std::string(kReplacement);
  std::string out;
  append_utf8(value, out);
  return out;
}

// What a byte of ASCII does to a word: begins or continues it, ends it, or neither. Numbers, so that nothing branches.
struct WordByte {
  std::uint8_t is_in_word = 0;
  std::uint8_t continues_word = 0;
};
constexpr auto kWordBytes = [] {
  std::array<WordByte, 128> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    table[c] = {static_cast<std::uint8_t>(is_letter || (c >= '0' && c <= '9') || c == '_'),
                static_cast<std::uint8_t>(c > ' ')};
  }
  return table;
}();

bool is_reference_character(char c) { return is_alnum(c) || c == '#'; }

}  // namespace

void append_escaped(std::string_view text, std::string& out) { append_replacing(text, kNeedsEscape, escaped, out); }

void append_address(std::string_view address, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : address) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out.append("&amp;");
    } else if (c == '\'') {
      out.append("&#39;");
    } else if (kStaysInAddress[byte]) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
}

std::string decode_reference(std::string_view reference) {
  if (reference.size() < 3) return std::string(reference);
  const std::string_view name = reference.substr(1, reference.size() - 2);
  if (name.starts_with("#x") || name.starts_with("#X")) return decode_number(name.substr(2), 16);
  if (name.starts_with("#")) return decode_number(name.substr(1), 10);
  const auto* entity = std::lower_bound(std::begin(kEntities), std::end(kEntities), name,
                                        [](const Entity& row, std::string_view wanted) { return row.name < wanted; });
  if (entity == std::end(kEntities) || entity->name != name) return std::string(reference);
  return std::string(entity->text);
}

std::string decode_references(std::string_view text) {
  constexpr std::size_t kLongestReference = 40;
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (text[i] == '&') {
      while (end < text.size() && end - i < kLongestReference && is_reference_character(text[end])) ++end;
      if (end < text.size() && text[end] == ';' && end > i + 1) {
        out.append(decode_reference(text.substr(i, end + 1 - i)));
        i = end + 1;
        continue;
      }
    }
    out.push_back(text[i++]);
  }
  return out;
}

bool is_safe_address(std::string_view address) {
  const std::size_t end = address.find_first_of(":/?#");
  if (end == std::string_view::npos || address[end] != ':') return true;
  std::string scheme;
  append_address(address.substr(0, end + 1), scheme);
  return is_safe_url(scheme);
}

bool is_safe_picture(std::string_view address) {
  if (is_safe_address(address)) return true;
  const std::string start = lower_case(address.substr(0, 24));
  for (const std::string_view type : {"png;", "jpeg;", "gif;", "webp;", "avif;"})
    if (start.starts_with(std::string("data:image/").append(type))) return true;
  return false;
}

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  std::size_t ideographs = 0;
  bool in_word = false;
  while (!text.empty()) {
    std::size_t ascii = 0;
    unsigned is_in_word = in_word ? 1 : 0;
    for (; ascii < text.size() && static_cast<unsigned char>(text[ascii]) < 0x80; ++ascii) {
      const WordByte part = kWordBytes[static_cast<unsigned char>(text[ascii])];
      words += part.is_in_word & (is_in_word ^ 1U);
      is_in_word = part.is_in_word | (is_in_word & part.continues_word);
    }
    in_word = is_in_word != 0;
    text.remove_prefix(ascii);
    if (text.empty()) break;
    const CodePoint next = next_code_point(text);
    if (is_ideographic(next.value)) {
      ++ideographs;
      in_word = false;
    } else if (is_word_character(next.value)) {
      if (!in_word) ++words;
      in_word = true;
    } else if (next.value == 0xA0 || next.value == 0x3000) {
      in_word = false;
    }
    text.remove_prefix(next.length);
  }
  return words + (ideographs + 1) / 2;
}

}  // namespace sitepod::builder::markdown
