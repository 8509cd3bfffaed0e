#include "base/network.hpp"

#include <arpa/inet.h>

namespace sitepod {
namespace {

std::string bytes_of(const void* address, std::size_t count) {
  return std::string(static_cast<const char*>(address), count);
}

}  // namespace

std::string network_of(std::string_view address) {
  const std::string text(address);
  in_addr v4;
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return bytes_of(&v4, 3);
  in6_addr v6;
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return bytes_of(&v6.s6_addr[12], 3);
  return bytes_of(&v6, 8);
}

}  // namespace sitepod
