#include "base/address_ranges.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace sitepod {
namespace {

constexpr int kMappedBits = 96;  // in front of an IPv4 address

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4 = false;
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text);
  Address address;
  in_addr v4;
  if (inet_pton(AF_INET, copy.c_str(), &v4) == 1) {
    address.bytes[10] = address.bytes[11] = 0xff;
    std::memcpy(&address.bytes[12], &v4, 4);
    address.is_v4 = true;
    return address;
  }
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool begins_alike(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

}  // namespace

std::optional<AddressRanges> AddressRanges::parse(std::string_view list) {
  AddressRanges out;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view part = trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    const std::size_t slash = part.find('/');
    const std::optional<Address> address = parse_address(part.substr(0, slash));
    if (!address) return std::nullopt;
    const int most = address->is_v4 ? 32 : 128;
    int bits = most;
    if (slash != std::string_view::npos) {
      part.remove_prefix(slash + 1);
      const auto [stop, failure] = std::from_chars(part.data(), part.data() + part.size(), bits);
      if (failure != std::errc() || stop != part.data() + part.size() || bits < 0 || bits > most) return std::nullopt;
    }
    out.ranges_.push_back({address->bytes, bits + (address->is_v4 ? kMappedBits : 0)});
  }
  return out;
}

bool AddressRanges::contains(std::string_view address) const {
  const std::optional<Address> parsed = parse_address(address);
  if (!parsed) return false;
  for (const Range& range : ranges_)
    if (begins_alike(parsed->bytes, range.network, range.bits)) return true;
  return false;
}

std::string AddressRanges::client_behind(std::string_view peer, std::string_view chain) const {
  std::string_view client = peer;
  while (!chain.empty() && contains(client)) {
    const std::size_t comma = chain.rfind(',');
    const std::string_view last = trimmed(comma == std::string_view::npos ? chain : chain.substr(comma + 1));
    chain = comma == std::string_view::npos ? std::string_view() : chain.substr(0, comma);
    if (!parse_address(last)) break;
    client = last;
  }
  return std::string(client);
}

}  // namespace sitepod
