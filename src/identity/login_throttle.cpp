#include "identity/login_throttle.hpp"

#include <algorithm>

#include "base/network.hpp"

namespace sitepod::identity {
namespace {

constexpr std::int64_t kWindowMs = 60'000;
constexpr std::int64_t kMemoryMs = 10 * kWindowMs;  // failures used up again within it are the same attack
constexpr int kMaxStrikes = 4;
// So many times the failures that are answered as such are looked at before the door is shut.
constexpr std::size_t kGuessesBehindTheLimit = 6;
// Beyond this many windows the ended ones are dropped; argon2id lets nobody start more of them within a minute.
constexpr std::size_t kManyWindows = 10'000;

std::string pair_key(std::string_view email, const std::string& network) { return std::string(email) + '\n' + network; }
// No e-mail is empty, so that this is no pair's key.
std::string network_key(const std::string& network) { return '\n' + network; }

}  // namespace

Instant LoginThrottle::Window::end(std::size_t limit) const {
  return {start.unix_ms + (failures < limit ? kWindowMs : kWindowMs << strikes)};
}

std::optional<std::int64_t> LoginThrottle::find_wait(const std::string& key, std::size_t limit, Instant now) const {
  const auto found = windows_.find(key);
  if (found == windows_.end() || found->second.failures < limit) return {};
  const Instant end = found->second.end(limit);
  if (end <= now || now < found->second.start) return {};
  return (end.unix_ms - now.unix_ms + 999) / 1000;
}

std::optional<std::int64_t> LoginThrottle::find_wait(std::string_view email, std::string_view address, Instant now) {
  const std::string network = network_of(address);
  const std::lock_guard lock(mutex_);
  return std::max(find_wait(pair_key(email, network), limit_, now),
                  find_wait(network_key(network), network_limit_, now));
}

bool LoginThrottle::is_shut(std::string_view email, std::string_view address, Instant now) {
  const std::string network = network_of(address);
  const std::lock_guard lock(mutex_);
  if (find_wait(network_key(network), network_limit_, now)) return true;
  const std::string pair = pair_key(email, network);
  if (!find_wait(pair, limit_, now)) return false;
  return windows_.at(pair).failures >= limit_ * kGuessesBehindTheLimit;
}

void LoginThrottle::count(const std::string& key, std::size_t limit, Instant now) {
  Window& window = windows_.try_emplace(key, Window{now, 0, 0}).first->second;
  const Instant end = window.end(limit);
  if (end <= now || now < window.start) {
    const bool is_same_attack = window.failures >= limit && now.unix_ms - end.unix_ms < kMemoryMs;
    window = {now, 0, is_same_attack ? std::min(window.strikes + 1, kMaxStrikes) : 0};
  }
  ++window.failures;
}

void LoginThrottle::count_failure(std::string_view email, std::string_view address, Instant now) {
  const std::string network = network_of(address);
  const std::lock_guard lock(mutex_);
  if (windows_.size() >= kManyWindows) forget_ended(now);
  count(pair_key(email, network), limit_, now);
  count(network_key(network), network_limit_, now);
}

void LoginThrottle::forget_ended(Instant now) {
  const std::int64_t longest = (kWindowMs << kMaxStrikes) + kMemoryMs;
  std::erase_if(windows_, [&](const auto& item) {
    const Window& window = item.second;
    return now < window.start || now.unix_ms - window.start.unix_ms >= (window.strikes > 0 ? longest : kWindowMs);
  });
}

}  // namespace sitepod::identity
