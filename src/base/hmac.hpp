// HMAC-SHA-256 (RFC 2104, FIPS 198-1) by libsodium: says that who made a text knew the key. Any thread; allocates
// nothing.
#pragma once

#include <string_view>

#include "base/digest.hpp"

namespace sitepod {

// Of the bytes of the key, which must be secret and hard to guess.
Digest hmac_sha256(const Digest& key, std::string_view text);
// A key of any length.
Digest hmac_sha256(std::string_view key, std::string_view text);

}  // namespace sitepod
