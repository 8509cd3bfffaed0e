// One file's bytes in each content encoding that the data plane can serve. Pure; any thread; memory is a small multiple
// of the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sitepod::deploy {

enum class Encoding : std::uint8_t { Gzip, Zstd, Brotli };

// The name in Content-Encoding and in the variants table.
std::string_view name_of(Encoding encoding);

// The levels are those of docs/adr/0010-encodings.md: the strongest ones for what is small, cheaper ones for what is
// large.
Result<std::string> compress(Encoding encoding, std::string_view data);

}  // namespace sitepod::deploy
