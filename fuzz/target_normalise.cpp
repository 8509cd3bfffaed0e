// Paths and queries between the wire and their meaning: what decodes is clean UTF-8 without NUL, encoding it again and
// decoding that gives the same, and a path that needs no decoding is left alone.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "http/target.hpp"

namespace {

using namespace sitepod::http;

std::optional<std::string> decode(std::string_view path) {
  std::vector<char> buffer(path.size());
  const auto decoded = decode_path(path, buffer);
  return decoded ? std::optional(std::string(*decoded)) : std::nullopt;
}

// Code point by code point: decodes each with arithmetic and refuses the ones that a shorter form or nobody may use.
bool is_utf8_naively(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t j = 1; j < length; ++j) {
      const auto byte = static_cast<unsigned char>(text[i + j]);
      if (byte >> 6 != 2) return false;
      point = point << 6 | (byte & 0x3fu);
    }
    const std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    i += length;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  SITEPOD_CHECK(is_valid_utf8(input) == is_utf8_naively(input));
  const auto decoded = decode(input);
  if (decoded) {
    SITEPOD_CHECK(is_utf8_naively(*decoded) && decoded->find('\0') == std::string::npos && decoded->size() <= size);
    const std::string encoded = encode_path(*decoded);
    SITEPOD_CHECK(decode(encoded) == decoded);
    SITEPOD_CHECK(encode_path(*decode(encoded)) == encoded);
    SITEPOD_CHECK(!encoded.starts_with("//"));
    SITEPOD_CHECK(decode(encode_component(*decoded)) == decoded);
    if (input.find('%') == std::string::npos) SITEPOD_CHECK(*decoded == input);
    // A buffer that is one byte too short refuses instead of cutting off.
    std::vector<char> small(decoded->empty() ? 0 : decoded->size() - 1);
    if (input.find('%') != std::string::npos) SITEPOD_CHECK(!decode_path(input, small));
  }
  const std::string query = "first=1&" + encode_component(input) + "=" + encode_component(input) + "&last";
  if (input != "first") SITEPOD_CHECK(query_parameter(query, input) == input);
  static_cast<void>(query_parameter(input, "a"));
  return 0;
}
