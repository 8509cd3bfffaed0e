#include "identity/passwords.hpp"

#include <sodium.h>

#include <cstring>
#include <thread>

#include "base/check.hpp"
#include "base/random.hpp"

namespace sitepod::identity {
namespace {

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemoryBytes = 19 * 1024 * 1024;
constexpr std::size_t kMaxWaiting = 200;  // about two seconds of work for one processor

Result<std::string> argon2id(std::string_view password) {
  char out[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(out, password.data(), password.size(), kPasses, kMemoryBytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return unavailable("The server is short of memory; try again in a moment.").with("hashing a password");
  return std::string(out);
}

}  // namespace

Passwords::Passwords(std::size_t concurrency)
    : free_(concurrency != 0 ? concurrency : std::max<std::size_t>(1, std::thread::hardware_concurrency() / 2)) {
  SITEPOD_CHECK(sodium_init() >= 0);
  Result<std::string> decoy = argon2id(random_base62(32));
  SITEPOD_CHECK(decoy.ok());
  decoy_ = *std::move(decoy);
}

Passwords::Turn::~Turn() {
  if (!owner_) return;
  const std::lock_guard lock(owner_->mutex_);
  ++owner_->free_;
  owner_->freed_.notify_one();
}

Result<Passwords::Turn> Passwords::take_turn() {
  std::unique_lock lock(mutex_);
  if (waiting_ >= kMaxWaiting) return unavailable("Too many people are logging in; try again in a moment.");
  ++waiting_;
  freed_.wait(lock, [this] { return free_ > 0; });
  --waiting_;
  --free_;
  return Turn(this);
}

Result<std::string> Passwords::hash(const Turn&, std::string_view password) const { return argon2id(password); }

Result<bool> Passwords::verify(const Turn&, std::string_view hash, std::string_view password) const {
  const std::string stored(hash.empty() ? std::string_view(decoy_) : hash);
  // errno tells a wrong password from a lack of memory: libsodium returns -1 for both.
  errno = 0;
  const bool matches = crypto_pwhash_str_verify(stored.c_str(), password.data(), password.size()) == 0;
  if (!matches && errno == ENOMEM) return unavailable("The server is short of memory; try again in a moment.");
  return matches && !hash.empty();
}

bool Passwords::needs_rehash(std::string_view hash) {
  return crypto_pwhash_str_needs_rehash(std::string(hash).c_str(), kPasses, kMemoryBytes) != 0;
}

}  // namespace sitepod::identity
