// The keys by which session tickets are sealed and opened (RFC 5077 §4): the newest seals, and the two before it still
// open what clients have kept. They live as long as the longest of these, so that a recorded session is safe from
// whoever reads the memory later. Immutable; any thread.
#pragma once

#include <openssl/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace sitepod::net {

class TlsTicketKeys {
 public:
  static constexpr std::size_t kOpening = 3;  // the newest among them

  struct Key {
    std::array<std::uint8_t, 16> name;    // sent with the ticket
    std::array<std::uint8_t, 32> cipher;  // AES-256-CBC
    std::array<std::uint8_t, 32> mac;     // HMAC-SHA-256
  };

  static std::shared_ptr<const TlsTicketKeys> make();
  // With a fresh key before these; the oldest goes.
  std::shared_ptr<const TlsTicketKeys> next() const;
  // Leaves nothing of the keys in memory.
  ~TlsTicketKeys();
  TlsTicketKeys(const TlsTicketKeys&) = delete;
  TlsTicketKeys& operator=(const TlsTicketKeys&) = delete;

  // What OpenSSL understands from a callback about tickets.
  enum class Use : int { Failure = -1, Unknown = 0, Good = 1, Outdated = 2 };
  // Readies both contexts for one ticket: to seal it with the newest key, whose name is written and a fresh iv; or to
  // open the one of that name and iv.
  Use prepare(std::span<std::uint8_t, 16> name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              bool is_sealed_now) const;

  const Key& newest() const { return keys_.front(); }
  // Null when no key has the name (of 16 bytes) any more.
  const Key* find(std::span<const std::uint8_t> name) const;

 private:
  TlsTicketKeys() = default;
  static std::shared_ptr<TlsTicketKeys> with_fresh_key();
  std::vector<Key> keys_;  // the newest first
};

}  // namespace sitepod::net
