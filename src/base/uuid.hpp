// UUIDs as text (RFC 9562 §4). Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace sitepod {

// `bytes` with version and variant put in, as 8-4-4-4-12 lower-case hexadecimal digits.
std::string uuid_text(std::array<std::uint8_t, 16> bytes, int version);

}  // namespace sitepod
