#include "http/basic_credentials.hpp"

#include <cstddef>
#include <cstdint>

#include "http/syntax.hpp"

namespace sitepod::http {
namespace {

constexpr std::string_view kScheme = "Basic";

// 0 to 63, or 64 for what is no digit of base64 (RFC 4648 §4).
std::uint32_t digit_value(char c) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t at = kDigits.find(c);
  return at == std::string_view::npos ? 64 : static_cast<std::uint32_t>(at);
}

// Padding may be missing, as some clients leave it away.
std::optional<std::string> decode_base64(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::uint32_t value = digit_value(c);
    if (value == 64) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count));
  }
  return out;
}

}  // namespace

std::optional<BasicCredentials> parse_basic_credentials(std::string_view authorization) {
  if (authorization.size() <= kScheme.size() || authorization[kScheme.size()] != ' ') return std::nullopt;
  if (!equal_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  std::string_view encoded = authorization.substr(kScheme.size());
  while (encoded.starts_with(' ')) encoded.remove_prefix(1);
  while (encoded.ends_with(' ')) encoded.remove_suffix(1);
  const std::optional<std::string> decoded = decode_base64(encoded);
  if (!decoded) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

}  // namespace sitepod::http
