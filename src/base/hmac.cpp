#include "base/hmac.hpp"

#include <sodium.h>

namespace sitepod {

Digest hmac_sha256(std::string_view key, std::string_view text) {
  const auto bytes = [](std::string_view of) { return reinterpret_cast<const unsigned char*>(of.data()); };
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes(text), text.size());
  Digest result;
  crypto_auth_hmacsha256_final(&state, result.bytes.data());
  return result;
}

Digest hmac_sha256(const Digest& key, std::string_view text) {
  static_assert(crypto_auth_hmacsha256_BYTES == sizeof(Digest::bytes));
  static_assert(crypto_auth_hmacsha256_KEYBYTES == sizeof(Digest::bytes));
  Digest result;
  crypto_auth_hmacsha256(result.bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                         key.bytes.data());
  return result;
}

}  // namespace sitepod
