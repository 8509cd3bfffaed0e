#include <cstdint>
#include <cstring>

#include "model/names.hpp"

namespace sitepod::model {
namespace {

struct Lead {
  std::size_t length;  // of the whole sequence; 0: cannot begin one
  unsigned
      second_lowest;  // the range of the second byte excludes overlong forms, surrogates and what is above U+10FFFF
  unsigned second_highest;
};

// Unicode 15, table 3-7 "Well-Formed UTF-8 Byte Sequences".
Lead lead_of(unsigned byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xc2) return {0, 0, 0};
  if (byte < 0xe0) return {2, 0x80, 0xbf};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};
  if (byte == 0xed) return {3, 0x80, 0x9f};
  if (byte < 0xf0) return {3, 0x80, 0xbf};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (byte < 0xf4) return {4, 0x80, 0xbf};
  if (byte == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

constexpr std::uint64_t kHighBits = 0x8080808080808080;

bool is_ascii(const char* eight_bytes) {
  std::uint64_t bytes;
  std::memcpy(&bytes, eight_bytes, sizeof bytes);
  return (bytes & kHighBits) == 0;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  auto byte_at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<std::uint8_t>(text[i])); };
  for (std::size_t i = 0; i < text.size();) {
    if (text.size() - i >= 8 && is_ascii(text.data() + i)) {
      i += 8;
      continue;
    }
    Lead lead = lead_of(byte_at(i));
    if (lead.length == 0 || text.size() - i < lead.length) return false;
    if (lead.length > 1 && (byte_at(i + 1) < lead.second_lowest || byte_at(i + 1) > lead.second_highest)) return false;
    for (std::size_t k = 2; k < lead.length; ++k)
      if ((byte_at(i + k) & 0xc0) != 0x80) return false;
    i += lead.length;
  }
  return true;
}

}  // namespace sitepod::model
