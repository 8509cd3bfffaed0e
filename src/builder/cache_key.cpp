#include "builder/cache_key.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string>

namespace sitepod::builder {
namespace {

// Larger parts are told by a hash of their own instead of being copied.
constexpr std::size_t kLargePart = 1024;
constexpr std::size_t kUsualSize = 2048;

}  // namespace

// A key is made of a hundred short parts: gathering them and hashing once takes half the time of hashing each.
struct KeyHasher::State {
  std::string parts;
  void append(const void* data, std::size_t size) { parts.append(static_cast<const char*>(data), size); }
};

KeyHasher::KeyHasher() : state_(std::make_unique<State>()) { state_->parts.reserve(kUsualSize); }
KeyHasher::~KeyHasher() = default;

void KeyHasher::add(std::uint64_t number) { state_->append(&number, sizeof number); }

void KeyHasher::add(std::string_view text) {
  add(std::uint64_t{text.size()});
  if (text.size() < kLargePart) return state_->append(text.data(), text.size());
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  add(CacheKey{hash.low64, hash.high64});
}

void KeyHasher::add(const CacheKey& key) {
  add(key.low);
  add(key.high);
}

CacheKey KeyHasher::finish() const {
  const XXH128_hash_t hash = XXH3_128bits(state_->parts.data(), state_->parts.size());
  return {hash.low64, hash.high64};
}

}  // namespace sitepod::builder
