// The character classes and small comparisons that every HTTP grammar shares (RFC 9110 §5.6).
// Pure functions over views; any thread; nothing is allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sitepod::http {

// Bits of kCharacterClass: one look-up answers every question about a byte.
inline constexpr std::uint8_t kTokenBit = 1;       // tchar
inline constexpr std::uint8_t kFieldValueBit = 2;  // HTAB, SP, VCHAR, obs-text
inline constexpr std::uint8_t kTargetBit = 4;      // VCHAR without "#"
inline constexpr std::uint8_t kHostBit = 8;        // the same with ports and brackets
inline constexpr std::uint8_t kDigitBit = 16;
inline constexpr std::uint8_t kHexBit = 32;
inline constexpr std::uint8_t kEtagBit = 64;   // etagc
inline constexpr std::uint8_t kNameBit = 128;  // what a host name or an IPv4 address may hold

constexpr std::array<std::uint8_t, 256> make_character_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&](std::string_view characters, unsigned bit) {
    for (const char c : characters) {
      auto& entry = classes[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | bit);
    }
  };
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::string_view kDigits = "0123456789";
  add(kLetters, kTokenBit | kHostBit | kNameBit);
  add(kDigits, kTokenBit | kHostBit | kNameBit | kDigitBit | kHexBit);
  add("abcdefABCDEF", kHexBit);
  add("!#$%&'*+-.^_`|~", kTokenBit);
  // Narrower than RFC 3986's reg-name: no name or address on the wire needs "%" or sub-delims, and lists of hosts do.
  add("-._", kHostBit | kNameBit);
  add(":[]", kHostBit);
  for (unsigned c = 0; c < 256; ++c) {
    const bool visible = c > 0x20 && c < 0x7f;
    unsigned bits = classes[c];
    if (visible || c >= 0x80 || c == ' ' || c == '\t') bits |= kFieldValueBit;
    if (visible && c != '#') bits |= kTargetBit;
    if ((visible && c != '"') || c >= 0x80) bits |= kEtagBit;
    classes[c] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}
inline constexpr std::array<std::uint8_t, 256> kCharacterClass = make_character_classes();

constexpr bool has_class(char c, std::uint8_t bit) {
  return (kCharacterClass[static_cast<unsigned char>(c)] & bit) != 0;
}
constexpr bool is_token_char(char c) { return has_class(c, kTokenBit); }
constexpr bool is_digit(char c) { return has_class(c, kDigitBit); }
constexpr bool is_whitespace(char c) { return c == ' ' || c == '\t'; }

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// -1 for anything but one hexadecimal digit.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Compares ASCII letters without case.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}

constexpr bool is_token(std::string_view text) {
  for (const char c : text)
    if (!is_token_char(c)) return false;
  return !text.empty();
}

// Without the OWS at both ends.
constexpr std::string_view trim_whitespace(std::string_view text) {
  while (!text.empty() && is_whitespace(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_whitespace(text.back())) text.remove_suffix(1);
  return text;
}

// Cuts the first element off a comma-separated list, trimmed; elements must not be quoted strings with commas in them.
// Empty elements are returned as they are: recipients skip them (RFC 9110 §5.6.1.2).
constexpr std::string_view next_list_element(std::string_view& rest) {
  const std::size_t comma = rest.find(',');
  const std::string_view element = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return trim_whitespace(element);
}

// A weight "0.5" in thousandths (RFC 9110 §12.4.2); -1 when it is not one.
constexpr int parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return -1;
  if (text.size() > 1 && text[1] != '.') return -1;
  int weight = (text[0] - '0') * 1000;
  int unit = 100;
  for (const char c : text.substr(text.size() > 1 ? 2 : 1)) {
    if (!is_digit(c)) return -1;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= 1000 ? weight : -1;
}

}  // namespace sitepod::http
