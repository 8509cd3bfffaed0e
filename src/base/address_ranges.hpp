// Ranges of numeric addresses, "10.0.0.0/8,2001:db8::/32,192.0.2.7", and who speaks through proxies that lie in them.
// Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sitepod {

class AddressRanges {
 public:
  // Nothing when a part is no address with an optional prefix length. An empty text is no range at all.
  static std::optional<AddressRanges> parse(std::string_view list);

  bool empty() const { return ranges_.empty(); }
  bool contains(std::string_view address) const;
  // Who is behind the peer: the last address of the X-Forwarded-For chain that is not a proxy of these ranges. `chain`
  // is its lines joined by commas; what a stranger sent counts for nothing.
  std::string client_behind(std::string_view peer, std::string_view chain) const;

 private:
  struct Range {
    std::array<std::uint8_t, 16> network{};  // IPv4 as ::ffff:a.b.c.d
    int bits = 0;
  };
  std::vector<Range> ranges_;
};

}  // namespace sitepod
