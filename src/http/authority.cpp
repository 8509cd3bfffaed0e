#include "http/authority.hpp"

#include <algorithm>

#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

// "" or ":" with up to five digits; RFC 3986 allows a colon without a number.
bool is_port_suffix(std::string_view text) {
  if (text.empty()) return true;
  if (text[0] != ':' || text.size() > 6) return false;
  unsigned port = 0;
  for (const char c : text.substr(1)) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65535;
}

// The length of "[…]" at the start; 0 when it is not one. Zones and future versions of IP are not served.
std::size_t bracketed_length(std::string_view text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos || close < 3) return 0;
  const std::string_view address = text.substr(1, close - 1);
  const bool plausible =
      std::all_of(address.begin(), address.end(), [](char c) { return has_class(c, kHexBit) || c == ':' || c == '.'; });
  return plausible && address.find(':') != std::string_view::npos ? close + 1 : 0;
}

}  // namespace

std::string_view find_host(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t length = bracketed_length(authority);
    return length != 0 && is_port_suffix(authority.substr(length)) ? authority.substr(0, length) : std::string_view();
  }
  // Letters, digits, "-" and "_" in labels that are not empty; the root's dot may end the last one.
  std::size_t end = 0;
  for (char previous = '.'; end < authority.size() && has_class(authority[end], kNameBit); previous = authority[end++])
    if (authority[end] == '.' && previous == '.') return {};
  if (end == 0 || !is_port_suffix(authority.substr(end))) return {};
  return authority.substr(0, authority[end - 1] == '.' ? end - 1 : end);
}

bool is_ip_literal(std::string_view host) {
  if (host.empty()) return false;
  return host.front() == '[' || std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || is_digit(c); });
}

bool is_loopback_host(std::string_view host) {
  if (is_ip_literal(host)) return host.starts_with("127.") || host == "[::1]";
  constexpr std::string_view kLocal = "localhost";
  if (host.size() < kLocal.size()) return false;
  const std::size_t before = host.size() - kLocal.size();
  return equal_ignoring_case(host.substr(before), kLocal) && (before == 0 || host[before - 1] == '.');
}

}  // namespace sitepod::http
