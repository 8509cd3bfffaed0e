// Password hashes: argon2id (RFC 9106) with t=2, m=19 MiB: about 11 ms and 20 MB each. It does not scale over
// processors, so only a few run at once and a bounded number waits. Any thread; blocks.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sitepod::identity {

class Passwords {
 public:
  // `concurrency` 0: half of the processors, at least one.
  explicit Passwords(std::size_t concurrency);

  // The right to hash, for as long as it lives.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    friend class Passwords;
    explicit Turn(Passwords* owner) : owner_(owner) {}
    Passwords* owner_;
  };
  // Waits; Unavailable when too many wait already.
  Result<Turn> take_turn();

  Result<std::string> hash(const Turn&, std::string_view password) const;
  // Takes the same time whether `hash` is of a real account or empty; an empty one never matches.
  Result<bool> verify(const Turn&, std::string_view hash, std::string_view password) const;
  // The stored hash was made with other parameters than those of today.
  static bool needs_rehash(std::string_view hash);

 private:
  std::string decoy_;  // verified against when there is no account

  std::mutex mutex_;  // guards the rest
  std::condition_variable freed_;
  std::size_t free_;
  std::size_t waiting_ = 0;
};

}  // namespace sitepod::identity
