#include "builder/escape.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "builder/replace_bytes.hpp"

namespace sitepod::builder {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

struct Decoded {
  std::uint32_t code_point = 0;
  std::size_t length = 1;
  bool valid = false;
};

// One character of UTF-8 (RFC 3629), or one invalid byte. Requires: text is not empty.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  std::uint32_t code_point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    code_point = code_point << 6 | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  if (overlong || code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) return {};
  return {code_point, length, true};
}

bool is_allowed_in_xml(std::uint32_t code_point) {
  if (code_point < 0x20) return code_point == '\t' || code_point == '\n' || code_point == '\r';
  return code_point != 0xFFFE && code_point != 0xFFFF;
}

// How many bytes from the beginning need no look at all: ASCII without anything that JSON or HTML gives a meaning.
constexpr auto kIsPlain = [] {
  std::array<bool, 256> is_plain{};
  for (std::size_t c = ' '; c < 0x7F; ++c)
    is_plain[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != '\'';
  return is_plain;
}();
std::size_t plain_length(std::string_view text) {
  const auto is_plain = [](char c) { return kIsPlain[static_cast<std::uint8_t>(c)]; };
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
}

void append_unicode_escape(std::uint32_t code_unit, std::string& out) {
  out.append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(kHexDigits[code_unit >> shift & 0xFU]);
}

std::string_view json_short_escape(std::uint32_t code_point) {
  switch (code_point) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

bool needs_unicode_escape(std::uint32_t code_point) {
  return code_point < 0x20 || code_point == '<' || code_point == '>' || code_point == '&' || code_point == 0x7F ||
         code_point == 0x2028 || code_point == 0x2029;
}

constexpr std::string_view html_reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    // Parsers replace or drop NUL; it must not hide what is behind it.
    case '\0':
      return kReplacement;
    default:
      return {};
  }
}

constexpr auto kHasHtmlReference = table_of_replaced(html_reference);

// The scheme in lower case; nothing when the address is relative; "" when it begins in a way that browsers may repair
// into a scheme ("java\nscript:").
std::optional<std::string> scheme_of(std::string_view url) {
  std::string scheme;
  bool may_be_repaired = false;
  for (const char c : url) {
    if (c == '/' || c == '?' || c == '#') return std::nullopt;
    if (c == ':') return may_be_repaired ? "" : scheme;
    may_be_repaired |= static_cast<unsigned char>(c) <= ' ';
    scheme.push_back(lower(c));
  }
  return std::nullopt;
}

// How many bytes from the beginning JSON takes as they are, letters beyond ASCII among them.
std::size_t length_for_json(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    if (const std::size_t plain = plain_length(text.substr(length)); plain > 0) {
      length += plain;
      continue;
    }
    if (static_cast<std::uint8_t>(text[length]) < 0x80) break;
    const Decoded next = decode(text.substr(length));
    if (!next.valid || needs_unicode_escape(next.code_point)) break;
    length += next.length;
  }
  return length;
}

}  // namespace

void escape_html(std::string_view text, std::string& out) {
  append_replacing(text, kHasHtmlReference, html_reference, out);
}

void escape_xml(std::string_view text, std::string& out) {
  while (!text.empty()) {
    if (const std::size_t plain = plain_length(text); plain > 0) {
      out.append(text.substr(0, plain));
      text.remove_prefix(plain);
      continue;
    }
    const Decoded next = decode(text);
    if (!next.valid) {
      out.append(kReplacement);
    } else if (is_allowed_in_xml(next.code_point)) {
      const std::string_view reference = next.length == 1 ? html_reference(text[0]) : std::string_view{};
      out.append(reference.data() != nullptr ? reference : text.substr(0, next.length));
    }
    text.remove_prefix(next.length);
  }
}

void escape_json(std::string_view text, std::string& out) {
  out.push_back('"');
  while (!text.empty()) {
    if (const std::size_t as_it_is = length_for_json(text); as_it_is > 0) {
      out.append(text.substr(0, as_it_is));
      text.remove_prefix(as_it_is);
      continue;
    }
    const Decoded next = decode(text);
    const std::string_view short_escape = json_short_escape(next.code_point);
    if (!next.valid)
      out.append(kReplacement);
    else if (!short_escape.empty())
      out.append(short_escape);
    else if (needs_unicode_escape(next.code_point))
      append_unicode_escape(next.code_point, out);
    else
      out.append(text.substr(0, next.length));
    text.remove_prefix(next.length);
  }
  out.push_back('"');
}

bool is_safe_url(std::string_view url) {
  const auto scheme = scheme_of(url);
  if (!scheme) return true;
  static constexpr std::array<std::string_view, 7> kSchemes = {"http", "https", "mailto", "tel",
                                                               "sms",  "xmpp",  "matrix"};
  return std::find(kSchemes.begin(), kSchemes.end(), *scheme) != kSchemes.end();
}

void escape_url(std::string_view url, std::string& out) {
  if (is_safe_url(url))
    escape_html(url, out);
  else
    out.push_back('#');
}

void percent_encode(char c, std::string& out) {
  const auto byte = static_cast<std::uint8_t>(c);
  const std::array<char, 3> encoded = {'%', kHexDigits[byte >> 4], kHexDigits[byte & 0xFU]};
  out.append(encoded.data(), encoded.size());
}

void encode_url_part(std::string_view text, Slashes slashes, std::string& out) {
  const auto stays = [slashes](char c) { return is_unreserved(c) || (c == '/' && slashes == Slashes::kKeep); };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && stays(text[at])) ++at;
    out.append(text, begin, at - begin);
    for (; at < text.size() && !stays(text[at]); ++at) percent_encode(text[at], out);
  }
}

std::string html_escaped(std::string_view text) {
  std::string out;
  escape_html(text, out);
  return out;
}

std::string json_escaped(std::string_view text) {
  std::string out;
  escape_json(text, out);
  return out;
}

}  // namespace sitepod::builder
