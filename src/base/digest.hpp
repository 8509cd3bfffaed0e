// A 256-bit digest as a value, its hexadecimal form, and the hashers that make one.
// Digest is a value. Hashers are resources of one thread at a time. Nothing here allocates after construction.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sitepod {

struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
  // Lower-case, 64 characters.
  std::string hex() const;
  void hex_into(char* out64) const;
  // The first eight bytes; digests are uniform, so this is a good hash-table key.
  std::uint64_t prefix() const {
    std::uint64_t value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
};

struct DigestHash {
  std::size_t operator()(const Digest& digest) const { return digest.prefix(); }
};

// Exactly 64 hexadecimal digits of either case, else nothing.
std::optional<Digest> parse_digest(std::string_view hex);
std::string to_hex(std::span<const std::uint8_t> bytes);
// Standard base64 with or without padding; exactly 32 bytes, else nothing.
std::optional<Digest> parse_digest_base64(std::string_view base64);

// SHA-256 (FIPS 180-4) by OpenSSL.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::byte> data);
  void update(std::string_view data) { update(std::as_bytes(std::span(data.data(), data.size()))); }
  // Requires: called once; the hasher is spent afterwards.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest sha256(std::span<const std::byte> data);
inline Digest sha256(std::string_view data) { return sha256(std::as_bytes(std::span(data.data(), data.size()))); }

}  // namespace sitepod
