// One DNS answer packet (RFC 1035 §4.1) read for one question. Pure; any thread. The packet is from outside: any bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sitepod::net {

enum class DnsType : std::uint16_t { A = 1, Cname = 5, Txt = 16, Aaaa = 28 };

// The values of the answer's records of exactly this name and type: what an alias of the name has is not the name's
// own. TXT: the strings of one record joined; CNAME: the target, lower-case, without its trailing dot; A and AAAA: the
// address as it is written. Nothing when the packet breaks its format.
std::optional<std::vector<std::string>> parse_dns_answer(std::span<const std::uint8_t> packet, std::string_view name,
                                                         DnsType type);

}  // namespace sitepod::net
