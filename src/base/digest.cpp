#include "base/digest.hpp"

#include "base/check.hpp"

#include <openssl/evp.h>

namespace sitepod {
namespace {

// The value of a hexadecimal digit; 0x80 for any other byte, so that one test at the end finds a wrong one.
constexpr std::uint8_t kNoDigit = 0x80;
constexpr auto kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (unsigned digit = 0; digit < 10; ++digit) values['0' + digit] = static_cast<std::uint8_t>(digit);
  for (unsigned digit = 0; digit < 6; ++digit)
    values['a' + digit] = values['A' + digit] = static_cast<std::uint8_t>(10 + digit);
  return values;
}();

constexpr char kHexDigits[] = "0123456789abcdef";

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

// Fetched once: EVP_sha256() and names are looked up among OpenSSL's algorithms at every use, under a lock.
const EVP_MD* fetched_sha256() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  SITEPOD_CHECK(fetched != nullptr);
  return fetched;
}

}  // namespace

void Digest::hex_into(char* out64) const {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out64[2 * i] = kHexDigits[bytes[i] >> 4];
    out64[2 * i + 1] = kHexDigits[bytes[i] & 15];
  }
}

std::string Digest::hex() const {
  std::string out(64, '\0');
  hex_into(out.data());
  return out;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
  }
  return out;
}

std::optional<Digest> parse_digest(std::string_view hex) {
  if (hex.size() != 64) return std::nullopt;
  Digest digest;
  unsigned seen = 0;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const unsigned high = kHexValues[static_cast<unsigned char>(hex[2 * i])];
    const unsigned low = kHexValues[static_cast<unsigned char>(hex[2 * i + 1])];
    seen |= high | low;
    digest.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (seen & kNoDigit) return std::nullopt;
  return digest;
}

std::optional<Digest> parse_digest_base64(std::string_view base64) {
  while (!base64.empty() && base64.back() == '=' && base64.size() > 43) base64.remove_suffix(1);
  if (base64.size() != 43) return std::nullopt;  // 32 bytes are 42 2/3 characters
  Digest digest;
  std::uint32_t bits = 0;
  int bit_count = 0;
  std::size_t position = 0;
  for (char c : base64) {
    int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      digest.bytes[position++] = static_cast<std::uint8_t>(bits >> bit_count);
    }
  }
  if (bits & ((1u << bit_count) - 1)) return std::nullopt;
  return digest;
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { SITEPOD_CHECK(context != nullptr && EVP_DigestInit_ex(context, fetched_sha256(), nullptr) == 1); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> data) {
  SITEPOD_CHECK(EVP_DigestUpdate(state_->context, data.data(), data.size()) == 1);
}

Digest Sha256::finish() {
  Digest digest;
  unsigned int length = 0;
  SITEPOD_CHECK(EVP_DigestFinal_ex(state_->context, digest.bytes.data(), &length) == 1 && length == 32);
  return digest;
}

Digest sha256(std::span<const std::byte> data) {
  Digest digest;
  unsigned int length = 0;
  SITEPOD_CHECK(EVP_Digest(data.data(), data.size(), digest.bytes.data(), &length, fetched_sha256(), nullptr) == 1);
  return digest;
}

}  // namespace sitepod
