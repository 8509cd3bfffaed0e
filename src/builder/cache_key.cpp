#include "builder/cache_key.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sitepod::builder {

struct KeyHasher::State {
  XXH3_state_t hash;
};

KeyHasher::KeyHasher() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->hash); }
KeyHasher::~KeyHasher() = default;

void KeyHasher::add(std::uint64_t number) { XXH3_128bits_update(&state_->hash, &number, sizeof number); }

void KeyHasher::add(std::string_view text) {
  add(std::uint64_t{text.size()});
  XXH3_128bits_update(&state_->hash, text.data(), text.size());
}

void KeyHasher::add(const CacheKey& key) {
  add(key.low);
  add(key.high);
}

CacheKey KeyHasher::finish() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state_->hash);
  return {hash.low64, hash.high64};
}

}  // namespace sitepod::builder
