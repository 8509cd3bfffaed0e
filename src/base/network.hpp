// Which addresses count as one caller.
#pragma once

#include <string>
#include <string_view>

namespace sitepod {

// The bytes of the network of a numeric address: /24 of IPv4, /64 of IPv6; one attacker easily has all of it. What is
// no address is its own network.
std::string network_of(std::string_view address);

}  // namespace sitepod
