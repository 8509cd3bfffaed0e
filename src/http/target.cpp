#include "http/target.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

constexpr std::string_view kUnreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
constexpr std::string_view kPathPunctuation = "!$&'()*+,;=:@/";

constexpr std::array<bool, 256> characters_of(std::string_view first, std::string_view second) {
  std::array<bool, 256> set{};
  for (const std::string_view characters : {first, second})
    for (const char c : characters) set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr auto kPlainInPath = characters_of(kUnreserved, kPathPunctuation);
constexpr auto kPlainInComponent = characters_of(kUnreserved, "");

// The byte that "%XY" at `at` stands for; -1 when it is not complete.
int decode_triplet(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void append_encoded(std::string& out, char c) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

std::string encode(std::string_view text, const std::array<bool, 256>& plain) {
  std::string out;
  out.reserve(text.size() + 16);
  for (const char c : text) {
    if (plain[static_cast<unsigned char>(c)])
      out += c;
    else
      append_encoded(out, c);
  }
  return out;
}

std::string decode_form(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = text[i] == '%' ? decode_triplet(text, i) : -1;
    if (byte >= 0) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

bool is_ascii(std::string_view text) {
  std::uint64_t all = 0;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    all |= word;
  }
  for (; i < text.size(); ++i) all |= static_cast<unsigned char>(text[i]);
  return (all & 0x8080808080808080u) == 0;
}

// The length of the well-formed sequence at the start of `text`, by the table of RFC 3629 §4; 0 when there is none.
std::size_t utf8_sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto is_tail = [](unsigned byte) { return (byte & 0xc0) == 0x80; };
  const unsigned lead = at(0);
  const unsigned second = at(1);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || !is_tail(second)) return 0;
  if (lead < 0xe0) return 2;
  if (!is_tail(at(2))) return 0;
  if (lead < 0xf0) return (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ? 0 : 3;
  if (!is_tail(at(3))) return 0;
  return (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f) ? 0 : 4;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::string_view> decode_path(std::string_view path, std::span<char> buffer) {
  const std::size_t first = path.find('%');
  std::string_view decoded = path;
  if (first != std::string_view::npos) {
    std::size_t out = std::min(first, buffer.size());
    std::copy_n(path.data(), out, buffer.data());
    for (std::size_t i = first; i < path.size(); ++i) {
      int byte = static_cast<unsigned char>(path[i]);
      if (byte == '%') {
        byte = decode_triplet(path, i);
        i += 2;
      }
      if (byte < 0 || out == buffer.size()) return std::nullopt;
      buffer[out++] = static_cast<char>(byte);
    }
    decoded = std::string_view(buffer.data(), out);
  }
  if (decoded.find('\0') != std::string_view::npos || !is_valid_utf8(decoded)) return std::nullopt;
  return decoded;
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (pair.empty() || decode_form(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? std::string() : decode_form(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::string encode_path(std::string_view path) {
  std::string out = encode(path, kPlainInPath);
  if (out.starts_with("//")) out.replace(1, 1, "%2F");
  return out;
}

std::string encode_component(std::string_view text) { return encode(text, kPlainInComponent); }

}  // namespace sitepod::http
