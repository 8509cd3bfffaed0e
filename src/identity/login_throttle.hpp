// Counts failed logins per e-mail and network address in fixed windows of one minute. Successes never count. Any
// thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"

namespace sitepod::identity {

class LoginThrottle {
 public:
  explicit LoginThrottle(std::size_t failures_per_minute) : limit_(failures_per_minute) {}

  // Seconds to wait when the pair has used up its failures, else nothing.
  std::optional<std::int64_t> find_wait(std::string_view email, std::string_view address, Instant now);
  void count_failure(std::string_view email, std::string_view address, Instant now);

 private:
  struct Window {
    Instant start;
    std::size_t failures = 0;
  };
  void forget_ended(Instant now);

  const std::size_t limit_;
  std::mutex mutex_;  // guards windows_
  std::unordered_map<std::string, Window> windows_;
};

// One attacker owns a whole /64 of IPv6, so that counts as one address; IPv4 stays as it is.
std::string network_of(std::string_view address);

}  // namespace sitepod::identity
