// Any bytes as a Host field: what is found is a part of it with the letters of a host and no empty label, a naive
// reader agrees, and a port or the root's dot behind it changes nothing.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "http/authority.hpp"

namespace {

using sitepod::http::find_host;

bool is_port(std::string_view text) {
  if (text.size() > 5) return false;
  for (const char c : text)
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return false;
  return text.empty() || std::stoi(std::string(text)) <= 65535;
}

bool is_name(std::string_view host) {
  for (std::size_t begin = 0; begin <= host.size();) {
    const std::size_t dot = std::min(host.find('.', begin), host.size());
    if (dot == begin) return false;
    for (const char c : host.substr(begin, dot - begin))
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') return false;
    begin = dot + 1;
  }
  return true;
}

// Of names only; what is in brackets has its properties checked below.
std::string find_naively(std::string_view authority) {
  const std::size_t colon = authority.find(':');
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) return {};
  std::string_view host = authority.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  return is_name(host) ? std::string(host) : std::string();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string_view host = find_host(text);
  if (!text.starts_with('[')) SITEPOD_CHECK(host == find_naively(text));
  if (host.empty()) return 0;
  SITEPOD_CHECK(text.starts_with(host));
  for (const char c : host) SITEPOD_CHECK(c > ' ' && c < 0x7f && c != '/' && c != '@' && c != ',' && c != '%');
  for (const char* suffix : {"", ":", ":8080"}) {
    SITEPOD_CHECK(find_host(std::string(host) + suffix) == host);
    if (!host.starts_with('[')) SITEPOD_CHECK(find_host(std::string(host) + "." + suffix) == host);
  }
  for (const char* suffix : {":99999", "@a", "/", ",b", " ", ":80:80"})
    SITEPOD_CHECK(find_host(std::string(host) + suffix).empty());
  return 0;
}
