#include "net/tls_tickets.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/random.hpp"

namespace sitepod::net {

// In place: a key that was moved would stay behind where it was.
std::shared_ptr<TlsTicketKeys> TlsTicketKeys::with_fresh_key() {
  std::shared_ptr<TlsTicketKeys> made(new TlsTicketKeys);
  made->keys_.reserve(kOpening);
  Key& key = made->keys_.emplace_back();
  random_bytes(key.name);
  random_bytes(key.cipher);
  random_bytes(key.mac);
  return made;
}

std::shared_ptr<const TlsTicketKeys> TlsTicketKeys::make() { return with_fresh_key(); }

std::shared_ptr<const TlsTicketKeys> TlsTicketKeys::next() const {
  const std::shared_ptr<TlsTicketKeys> made = with_fresh_key();
  const auto kept = static_cast<std::ptrdiff_t>(std::min(keys_.size(), kOpening - 1));
  made->keys_.insert(made->keys_.end(), keys_.begin(), keys_.begin() + kept);
  return made;
}

TlsTicketKeys::~TlsTicketKeys() { OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(Key)); }

const TlsTicketKeys::Key* TlsTicketKeys::find(std::span<const std::uint8_t> name) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) {
    return std::equal(key.name.begin(), key.name.end(), name.begin(), name.end());
  });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace sitepod::net
