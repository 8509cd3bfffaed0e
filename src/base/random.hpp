// Unpredictable identifiers and secrets from the system's generator (libsodium). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sitepod {

void random_bytes(std::span<std::uint8_t> out);
// `length` characters of [0-9A-Za-z]; each carries 5.95 bits.
std::string random_base62(std::size_t length);
// `length` characters of [a-z0-9]; each carries 5.17 bits.
std::string random_base36(std::size_t length);
// "img_" + 20 characters of [a-z0-9]: 103 random bits.
std::string random_id(std::string_view prefix);
// RFC 9562 §5.4: 122 random bits as 8-4-4-4-12 hexadecimal digits.
std::string random_uuid();
// Compares in time that depends on the length only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace sitepod
