// Counts failed logins per e-mail and network, and per network alone, in windows of one minute. A pair that uses its
// failures up again soon waits longer each time, up to sixteen minutes; from other networks the owner is never locked
// out. Only failures are throttled: whoever must wait is still let in by the right password, for a few times as many
// guesses; then nothing is looked at until the wait is over. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"

namespace sitepod::identity {

class LoginThrottle {
 public:
  LoginThrottle(std::size_t failures_per_minute, std::size_t failures_of_a_network)
      : limit_(failures_per_minute), network_limit_(failures_of_a_network) {}

  // Seconds to wait when the pair or the network has used up its failures, else nothing.
  std::optional<std::int64_t> find_wait(std::string_view email, std::string_view address, Instant now);
  // Whether not even the right password counts for that long.
  bool is_shut(std::string_view email, std::string_view address, Instant now);
  void count_failure(std::string_view email, std::string_view address, Instant now);

 private:
  struct Window {
    Instant start;
    std::size_t failures = 0;
    int strikes = 0;  // how often the failures were used up shortly before
    Instant end(std::size_t limit) const;
  };
  std::optional<std::int64_t> find_wait(const std::string& key, std::size_t limit, Instant now) const;
  void count(const std::string& key, std::size_t limit, Instant now);
  void forget_ended(Instant now);

  const std::size_t limit_;
  const std::size_t network_limit_;
  mutable std::mutex mutex_;  // guards windows_
  std::unordered_map<std::string, Window> windows_;
};

}  // namespace sitepod::identity
