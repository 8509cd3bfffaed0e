// The request budget of each token: a fixed window of 60 seconds from its first request (deploy API §12). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.hpp"

namespace sitepod::control {

class RateLimiter {
 public:
  explicit RateLimiter(std::size_t limit) : limit_(limit) {}

  struct Verdict {
    bool allowed = true;
    std::size_t limit = 0;
    std::size_t remaining = 0;
    std::int64_t reset = 0;        // seconds since the epoch, end of the window
    std::int64_t retry_after = 0;  // seconds, when not allowed
  };
  Verdict count(const std::string& token_id, Instant now);
  // The state of the window without using it up: for uploads, which are not counted.
  Verdict look(const std::string& token_id, Instant now);

 private:
  struct Window {
    Instant start;
    std::size_t used = 0;
  };
  Window& window_of(const std::string& token_id, Instant now);
  Verdict verdict(const Window& window, bool allowed, Instant now) const;

  const std::size_t limit_;
  std::mutex mutex_;  // guards windows_
  std::unordered_map<std::string, Window> windows_;
};

}  // namespace sitepod::control
