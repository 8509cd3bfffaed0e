#include "base/random.hpp"

#include <sodium.h>

#include <array>

#include "base/check.hpp"
#include "base/uuid.hpp"

namespace sitepod {
namespace {

constexpr std::string_view kBase62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

void ensure_sodium() {
  static const int ready = sodium_init();
  SITEPOD_CHECK(ready >= 0);
}

std::string random_text(std::size_t length, std::string_view alphabet) {
  ensure_sodium();
  std::string out(length, '\0');
  for (char& c : out) c = alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
  return out;
}

}  // namespace

void random_bytes(std::span<std::uint8_t> out) {
  ensure_sodium();
  randombytes_buf(out.data(), out.size());
}

std::string random_base62(std::size_t length) { return random_text(length, kBase62); }
std::string random_base36(std::size_t length) { return random_text(length, kBase62.substr(0, 36)); }
std::string random_id(std::string_view prefix) { return std::string(prefix) + random_base36(20); }

std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes;
  random_bytes(bytes);
  return uuid_text(bytes, 4);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sitepod
