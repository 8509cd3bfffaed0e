#include "net/tls_tickets.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

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

TlsTicketKeys::Use TlsTicketKeys::prepare(std::span<std::uint8_t, 16> name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                                          EVP_MAC_CTX* mac, bool is_sealed_now) const {
  const Key* key = is_sealed_now ? &newest() : find(name);
  if (key == nullptr) return Use::Unknown;
  char digest[] = "SHA256";
  std::array<std::uint8_t, sizeof key->mac> mac_key = key->mac;
  const std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key.data(), mac_key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  const bool is_keyed = EVP_MAC_CTX_set_params(mac, params.data()) == 1;
  OPENSSL_cleanse(mac_key.data(), mac_key.size());
  if (!is_keyed) return Use::Failure;
  if (is_sealed_now) {
    std::copy(key->name.begin(), key->name.end(), name.begin());
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return Use::Failure;
  }
  if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv, is_sealed_now ? 1 : 0) != 1)
    return Use::Failure;
  return key == &newest() ? Use::Good : Use::Outdated;
}

}  // namespace sitepod::net
