// The host named by a Host field or by the authority of an absolute-form target (RFC 9110 §7.2, RFC 3986 §3.2).
// A pure function; any thread; nothing is allocated.
#pragma once

#include <string_view>

namespace sitepod::http {

// The host without its port and without one trailing dot, as sent; an IPv6 address keeps its brackets. Empty when the
// authority is not exactly one host with an optional port: user information, lists, paths, empty labels, wrong ports.
std::string_view find_host(std::string_view authority);

}  // namespace sitepod::http
