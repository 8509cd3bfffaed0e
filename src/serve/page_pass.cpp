#include "serve/page_pass.hpp"

#include <charconv>

#include "base/hmac.hpp"
#include "base/random.hpp"
#include "http/cookie.hpp"
#include "serve/request_fields.hpp"

namespace sitepod::serve {
namespace {

// A browser sends one for each locked page above this one.
constexpr int kMaxTried = 16;

}  // namespace

std::string make_pass(const PageLock& lock, std::time_t expires) {
  const std::string until = std::to_string(expires);
  return until + "." + hmac_sha256(lock.key, until).hex();
}

bool is_pass(const PageLock& lock, std::string_view value, std::time_t now) {
  const std::size_t dot = value.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view until = value.substr(0, dot);
  std::time_t expires = 0;
  const auto [end, error] = std::from_chars(until.data(), until.data() + until.size(), expires);
  if (error != std::errc() || end != until.data() + until.size() || expires <= now) return false;
  char signature[64];
  hmac_sha256(lock.key, until).hex_into(signature);
  return equal_in_constant_time(value.substr(dot + 1), {signature, sizeof signature});
}

bool has_pass(const PageLock& lock, const http::RequestHead& request, std::time_t now) {
  int tried = 0;
  return any_line(request, http::Known::Cookie, "Cookie", [&](std::string_view field) {
    for (http::CookieReader cookies(field); cookies.next();)
      if (cookies.name() == kPassCookie && ++tried <= kMaxTried && is_pass(lock, cookies.value(), now)) return true;
    return false;
  });
}

}  // namespace sitepod::serve
