// Any bytes as what Cloudflare's API answers: what is accepted can be used as a part of a path, as a host to look for
// in DNS, and as a line of the log.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "certs/cloudflare_answers.hpp"
#include "certs/names.hpp"

namespace {

using namespace sitepod::certs;

void expect_id(std::string_view id) {
  SITEPOD_CHECK(!id.empty() && id.size() <= 64);
  for (const char c : id) SITEPOD_CHECK((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto zones = parse_zones(text); zones.ok())
    for (const DnsZone& zone : *zones) {
      expect_id(zone.id);
      SITEPOD_CHECK(is_orderable(zone.name));
      for (const std::string& server : zone.name_servers) SITEPOD_CHECK(is_orderable(server));
    }
  if (const auto records = parse_records(text); records.ok())
    for (const DnsRecord& record : *records) expect_id(record.id);
  if (const auto id = parse_record_id(text); id.ok()) expect_id(*id);
  const DnsRefusal refusal = parse_refusal(text);
  SITEPOD_CHECK(refusal.text.size() <= 300 && refusal.codes.empty() == refusal.text.empty());
  for (const char c : refusal.text) SITEPOD_CHECK(c >= ' ' && c < 0x7f);
  return 0;
}
