// The host named by a Host field or by the authority of an absolute-form target (RFC 9110 §7.2, RFC 3986 §3.2).
// Pure functions; any thread; nothing is allocated.
#pragma once

#include <string_view>

namespace sitepod::http {

// The host without its port and without one trailing dot, as sent; an IPv6 address keeps its brackets. Empty when the
// authority is not exactly one host with an optional port: user information, lists, paths, empty labels, wrong ports.
std::string_view find_host(std::string_view authority);

// Of a host as find_host() yields it. "[…]", or digits and dots only: top-level domains have letters, so this is an
// IPv4 address or nothing at all.
bool is_ip_literal(std::string_view host);
// Whether it names the machine itself: 127.0.0.0/8, ::1, localhost and what is below it (RFC 6761 §6.3).
bool is_loopback_host(std::string_view host);

}  // namespace sitepod::http
