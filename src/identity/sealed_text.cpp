#include "identity/sealed_text.hpp"

#include <sodium.h>

#include "base/digest.hpp"
#include "base/random.hpp"

namespace sitepod::identity {
namespace {

static_assert(crypto_secretbox_KEYBYTES == sizeof(Digest::bytes));

// Apart from the digest under which the token itself is filed.
Digest key_of(std::string_view token) {
  Sha256 hasher;
  hasher.update(std::string_view("sitepod sealed text 1\n"));
  hasher.update(token);
  return hasher.finish();
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::string seal_text(std::string_view token, std::string_view text) {
  const Digest key = key_of(token);
  std::string sealed(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + text.size(), '\0');
  random_bytes({bytes_of(sealed), crypto_secretbox_NONCEBYTES});
  crypto_secretbox_easy(bytes_of(sealed) + crypto_secretbox_NONCEBYTES, bytes_of(text), text.size(), bytes_of(sealed),
                        key.bytes.data());
  return sealed;
}

std::optional<std::string> unseal_text(std::string_view token, std::string_view sealed) {
  constexpr std::size_t kOverhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (sealed.size() < kOverhead) return std::nullopt;
  const Digest key = key_of(token);
  std::string text(sealed.size() - kOverhead, '\0');
  const std::string_view box = sealed.substr(crypto_secretbox_NONCEBYTES);
  if (crypto_secretbox_open_easy(bytes_of(text), bytes_of(box), box.size(), bytes_of(sealed), key.bytes.data()) != 0)
    return std::nullopt;
  return text;
}

}  // namespace sitepod::identity
