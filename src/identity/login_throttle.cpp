#include "identity/login_throttle.hpp"

#include <arpa/inet.h>

#include <cstring>

namespace sitepod::identity {
namespace {

constexpr std::int64_t kWindowMs = 60'000;
// Beyond this many windows the ended ones are dropped; argon2id lets nobody start more of them within a minute.
constexpr std::size_t kManyWindows = 10'000;

std::string key_of(std::string_view email, std::string_view address) {
  return std::string(email) + '\n' + network_of(address);
}

bool has_ended(Instant start, Instant now) { return now.unix_ms - start.unix_ms >= kWindowMs || now < start; }

}  // namespace

std::string network_of(std::string_view address) {
  in6_addr parsed;
  if (inet_pton(AF_INET6, std::string(address).c_str(), &parsed) != 1) return std::string(address);
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) return std::string(reinterpret_cast<const char*>(&parsed), sizeof parsed);
  return std::string(reinterpret_cast<const char*>(&parsed), 8);
}

std::optional<std::int64_t> LoginThrottle::find_wait(std::string_view email, std::string_view address, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto found = windows_.find(key_of(email, address));
  if (found == windows_.end() || has_ended(found->second.start, now) || found->second.failures < limit_) return {};
  return (kWindowMs - (now.unix_ms - found->second.start.unix_ms) + 999) / 1000;
}

void LoginThrottle::count_failure(std::string_view email, std::string_view address, Instant now) {
  const std::lock_guard lock(mutex_);
  if (windows_.size() >= kManyWindows) forget_ended(now);
  Window& window = windows_[key_of(email, address)];
  if (window.failures == 0 || has_ended(window.start, now)) window = {now, 0};
  ++window.failures;
}

void LoginThrottle::forget_ended(Instant now) {
  std::erase_if(windows_, [&](const auto& item) { return has_ended(item.second.start, now); });
}

}  // namespace sitepod::identity
