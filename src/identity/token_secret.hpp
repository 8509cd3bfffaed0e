// The form of a bearer token: prefix, 40 random base62 characters (238 bits), 6 characters of CRC-32 over all before
// them, so that secret scanners recognise a leaked one and a mistyped one costs no look-up. Pure but for the random;
// any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/digest.hpp"

namespace sitepod::identity {

inline constexpr std::string_view kTokenPrefix = "sitepod_";
inline constexpr std::string_view kContentTokenPrefix = "sp_";

std::string make_token_secret(std::string_view prefix = kTokenPrefix);
bool is_well_formed_token(std::string_view token);
// What is kept instead of the token. A fast hash suffices: the secret itself is random.
inline Digest token_digest(std::string_view token) { return sha256(token); }

}  // namespace sitepod::identity
