// What Cloudflare's API (version 4) answers about zones and their records, read strictly: an envelope with "success",
// "errors" and "result". Everything comes from another machine and is checked before it is used. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace sitepod::certs {

struct DnsZone {
  std::string id;
  std::string name;
  bool is_active = false;                 // the domain's delegation leads to it
  std::vector<std::string> name_servers;  // names of hosts; empty when the zone has none of its own
};

struct DnsRecord {
  std::string id;
  std::string content;  // of TXT: without the quotation marks in which it may be given
  std::string comment;
  std::optional<Instant> created;
};

// Why a request was refused.
struct DnsRefusal {
  std::vector<std::int64_t> codes;
  std::string text;  // the codes with their sentences, in one printable line; empty when the answer names no reason
};

// Errors: Unavailable "dns_answer", naming what is missing.
Result<std::vector<DnsZone>> parse_zones(std::string_view json);
Result<std::vector<DnsRecord>> parse_records(std::string_view json);
// Of the answer to a record's creation.
Result<std::string> parse_record_id(std::string_view json);
DnsRefusal parse_refusal(std::string_view json);

}  // namespace sitepod::certs
