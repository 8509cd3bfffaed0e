// Bytes as text in base64 (RFC 4648), by OpenSSL. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sitepod {

// §4, with padding.
std::string to_base64(std::span<const std::uint8_t> bytes);
// The same without an allocation: `to` has room for 4 characters for each 3 bytes begun, and for one more, which is
// overwritten. Yields the end of the text.
char* write_base64(char* to, std::span<const std::uint8_t> bytes);
// §5: for URLs, without padding.
std::string to_base64url(std::string_view bytes);

}  // namespace sitepod
