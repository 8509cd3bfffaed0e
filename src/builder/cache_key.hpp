// What a file is made from, as 128 bits: equal inputs, equal key. Not for secrets; a cache belongs to one site, whose
// owner could only deceive himself. Value; a hasher belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sitepod::builder {

struct CacheKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const CacheKey&) const = default;
};

struct CacheKeyHash {
  std::size_t operator()(const CacheKey& key) const { return key.low; }
};

// Every part is added with its length, so that ("ab", "c") and ("a", "bc") differ.
class KeyHasher {
 public:
  KeyHasher();
  ~KeyHasher();
  KeyHasher(const KeyHasher&) = delete;
  KeyHasher& operator=(const KeyHasher&) = delete;
  void add(std::string_view text);
  void add(std::uint64_t number);
  void add(const CacheKey& key);
  CacheKey finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::builder
