#include "base/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace sitepod {

char* write_base64(char* to, std::span<const std::uint8_t> bytes) {
  return to + EVP_EncodeBlock(reinterpret_cast<unsigned char*>(to), bytes.data(), static_cast<int>(bytes.size()));
}

std::string to_base64(std::span<const std::uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  // A string has room for the one more: its own end.
  write_base64(text.data(), bytes);
  return text;
}

std::string to_base64url(std::string_view bytes) {
  std::string text = to_base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

}  // namespace sitepod
