#include "builder/markdown/text.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
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

// What cmark leaves as it is in an address and HTML in an attribute.
constexpr auto kStaysInAddress = [] {
  std::array<bool, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = table[static_cast<std::size_t>(c - 32)] = true;
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("-_.+!*(),%#@?=;:/$~")) table[static_cast<unsigned char>(c)] = true;
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

// Up to sixteen bytes of ASCII, the lowest bit for the first of them. What is in neither set is a space.
struct AsciiRun {
  static constexpr unsigned kMost = 16;
  unsigned length = 0;
  unsigned letters = 0;  // and digits and "_": they begin or continue a word
  unsigned signs = 0;    // neither begin nor end one
};

bool is_word_byte(char c) { return is_alnum(c) || c == '_'; }

// The ASCII at the beginning of a text.
AsciiRun ascii_run(std::string_view text) {
  AsciiRun run;
#if defined(__SSE2__)
  if (text.size() >= AsciiRun::kMost) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data()));
    const auto between = [](__m128i values, char first, char last) {
      return _mm_and_si128(_mm_cmpgt_epi8(values, _mm_set1_epi8(static_cast<char>(first - 1))),
                           _mm_cmplt_epi8(values, _mm_set1_epi8(static_cast<char>(last + 1))));
    };
    const __m128i small = _mm_or_si128(bytes, _mm_set1_epi8('a' - 'A'));
    const __m128i letters = _mm_or_si128(_mm_or_si128(between(small, 'a', 'z'), between(bytes, '0', '9')),
                                         _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
    const auto bits = [](__m128i values) { return static_cast<unsigned>(_mm_movemask_epi8(values)); };
    run.length = std::min(static_cast<unsigned>(std::countr_zero(bits(bytes))), AsciiRun::kMost);
    const unsigned ascii = (1U << run.length) - 1;
    run.letters = bits(letters) & ascii;
    run.signs = bits(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(' '))) & ascii & ~run.letters;
    return run;
  }
#endif
  for (; run.length < std::min<std::size_t>(text.size(), AsciiRun::kMost); ++run.length) {
    const char c = text[run.length];
    if (static_cast<unsigned char>(c) >= 0x80) break;
    run.letters |= static_cast<unsigned>(is_word_byte(c)) << run.length;
    run.signs |= static_cast<unsigned>(c > ' ' && !is_word_byte(c)) << run.length;
  }
  return run;
}

bool is_reference_character(char c) { return is_alnum(c) || c == '#'; }

}  // namespace

void append_escaped(std::string_view text, std::string& out) { append_replacing(text, kNeedsEscape, escaped, out); }

void append_address(std::string_view address, std::string& out) {
  for (std::size_t at = 0; at < address.size(); ++at) {
    const std::size_t begin = at;
    while (at < address.size() && kStaysInAddress[static_cast<unsigned char>(address[at])]) ++at;
    out.append(address, begin, at - begin);
    if (at == address.size()) return;
    if (address[at] == '&')
      out.append("&amp;");
    else if (address[at] == '\'')
      out.append("&#39;");
    else
      percent_encode(address[at], out);
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
    const AsciiRun run = ascii_run(text);
    // Being in a word goes from byte to byte as the carry of an addition: letters make one, signs pass it on, spaces
    // swallow it.
    const unsigned sum = run.letters + (run.letters | run.signs) + (in_word ? 1 : 0);
    const unsigned was_in_word = sum ^ run.signs;
    words += static_cast<std::size_t>(std::popcount(run.letters & ~was_in_word));
    in_word = (sum >> run.length & 1U) != 0;
    text.remove_prefix(run.length);
    while (!text.empty() && static_cast<unsigned char>(text.front()) >= 0x80) {
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
  }
  return words + (ideographs + 1) / 2;
}

}  // namespace sitepod::builder::markdown
