// Whether the records of a proof can be seen in DNS, before a certificate authority is asked to look: a look that comes
// too early fails, and counts at the authority. Any thread that may wait; a call blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sitepod::certs {

struct DnsSightSettings {
  // Who is asked, as in net::DnsOptions; empty: each of the zone's own name servers, who remember nothing.
  std::string resolvers;
  std::string address_resolvers;  // who knows the name servers' addresses; empty: the system's
  std::chrono::milliseconds patience = std::chrono::minutes(2);
  // Between the name servers near here and those near the authority; before the first question to `resolvers`, which
  // may remember for half an hour that there was nothing.
  std::chrono::milliseconds settling = std::chrono::seconds(3);
  std::uint16_t name_server_port = 53;
};

struct SoughtRecord {
  std::string name;
  std::string text;
  std::vector<std::string> name_servers;  // of its zone
};

// Returns when one server shows each record and none that answers lacks one. `wait` waits, or says false: nothing shall
// go on. Errors: Unavailable "dns_not_visible" after all patience, Unavailable when nothing shall go on.
Result<void> wait_until_visible(const std::vector<SoughtRecord>& records, const DnsSightSettings& settings,
                                const std::function<bool(std::chrono::milliseconds)>& wait);

}  // namespace sitepod::certs
