#include "control/rate_limiter.hpp"

namespace sitepod::control {
namespace {

constexpr std::int64_t kWindowMs = 60'000;
constexpr std::size_t kManyWindows = 10'000;

bool has_ended(Instant start, Instant now) { return now.unix_ms - start.unix_ms >= kWindowMs || now < start; }

}  // namespace

RateLimiter::Window& RateLimiter::window_of(const std::string& token_id, Instant now) {
  // Ended windows go when there are many: the map then holds at most the tokens seen within a minute, twice over.
  if (windows_.size() >= kManyWindows && !windows_.contains(token_id))
    std::erase_if(windows_, [&](const auto& item) { return has_ended(item.second.start, now); });
  Window& window = windows_.try_emplace(token_id, Window{now, 0}).first->second;
  if (has_ended(window.start, now)) window = {now, 0};
  return window;
}

RateLimiter::Verdict RateLimiter::verdict(const Window& window, bool allowed, Instant now) const {
  const std::int64_t end_ms = window.start.unix_ms + kWindowMs;
  return {allowed, limit_, limit_ - std::min(limit_, window.used), (end_ms + 999) / 1000,
          (end_ms - now.unix_ms + 999) / 1000};
}

RateLimiter::Verdict RateLimiter::count(const std::string& token_id, Instant now) {
  const std::lock_guard lock(mutex_);
  Window& window = window_of(token_id, now);
  if (window.used >= limit_) return verdict(window, false, now);
  ++window.used;
  return verdict(window, true, now);
}

RateLimiter::Verdict RateLimiter::look(const std::string& token_id, Instant now) {
  const std::lock_guard lock(mutex_);
  return verdict(window_of(token_id, now), true, now);
}

}  // namespace sitepod::control
