#include "net/tls_hello.hpp"

#include <cstddef>
#include <cstdint>

namespace sitepod::net {
namespace {

constexpr std::size_t kMaxNameBytes = 255;
constexpr char kHostName = 0;

// Takes a vector with two bytes of length off the front. False: it is longer than what is there.
bool take_vector(std::string_view& rest, std::string_view& vector) {
  if (rest.size() < 2) return false;
  const std::size_t length =
      static_cast<std::size_t>(static_cast<std::uint8_t>(rest[0])) << 8 | static_cast<std::uint8_t>(rest[1]);
  if (rest.size() - 2 < length) return false;
  vector = rest.substr(2, length);
  rest.remove_prefix(2 + length);
  return true;
}

}  // namespace

// No type but host_name was ever defined, and a list may have each type once: what more there is makes it malformed.
std::string_view find_server_name(std::string_view extension) {
  std::string_view list;
  if (!take_vector(extension, list) || !extension.empty()) return {};
  if (list.empty() || list.front() != kHostName) return {};
  list.remove_prefix(1);
  std::string_view name;
  if (!take_vector(list, name) || !list.empty()) return {};
  if (name.size() > kMaxNameBytes || name.find('\0') != std::string_view::npos) return {};
  return name;
}

}  // namespace sitepod::net
