// Any bytes as the extension server_name of a ClientHello: the name found is a part of it that makes the same extension
// again, and an extension that lacks or has a byte names nobody.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "net/tls_hello.hpp"

namespace {

std::string with_length(std::string_view bytes) {
  std::string out{static_cast<char>(bytes.size() >> 8), static_cast<char>(bytes.size() & 0xff)};
  return out.append(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sitepod::net::find_server_name;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string_view name = find_server_name(text);
  if (name.empty()) return 0;
  SITEPOD_CHECK(name.size() <= 255 && name.find('\0') == std::string_view::npos);
  SITEPOD_CHECK(with_length(std::string(1, '\0') + with_length(name)) == text);
  SITEPOD_CHECK(find_server_name(text + "x").empty());
  SITEPOD_CHECK(find_server_name(std::string_view(text).substr(0, text.size() - 1)).empty());
  return 0;
}
