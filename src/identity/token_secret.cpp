#include "identity/token_secret.hpp"

#include <cstdint>

#include "base/random.hpp"

namespace sitepod::identity {
namespace {

constexpr std::size_t kRandomCharacters = 40;
constexpr std::size_t kChecksumCharacters = 6;  // 62^6 > 2^32
constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// CRC-32 as in zip and gzip (RFC 1952 §8).
std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

std::string checksum(std::string_view text) {
  std::string out(kChecksumCharacters, '0');
  std::uint32_t rest = crc32(text);
  for (std::size_t i = kChecksumCharacters; i-- > 0; rest /= 62) out[i] = kDigits[rest % 62];
  return out;
}

}  // namespace

std::string make_token_secret(std::string_view prefix) {
  std::string token = std::string(prefix) + random_base62(kRandomCharacters);
  token += checksum(token);
  return token;
}

bool is_well_formed_token(std::string_view token) {
  const std::string_view prefix = token.starts_with(kTokenPrefix) ? kTokenPrefix : kContentTokenPrefix;
  if (!token.starts_with(prefix)) return false;
  if (token.size() != prefix.size() + kRandomCharacters + kChecksumCharacters) return false;
  if (token.substr(prefix.size()).find_first_not_of(kDigits) != std::string_view::npos) return false;
  const std::size_t body = token.size() - kChecksumCharacters;
  return checksum(token.substr(0, body)) == token.substr(body);
}

}  // namespace sitepod::identity
