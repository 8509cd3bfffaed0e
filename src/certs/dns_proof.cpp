#include "certs/dns_proof.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/log.hpp"
#include "certs/names.hpp"

namespace sitepod::certs {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// By this a record of a server that broke off is known as one of these.
constexpr std::string_view kComment = "sitepod: proof for a certificate authority";
// Younger ones may be another server's, which is at it now.
constexpr std::int64_t kLeftoverMs = 3600 * 1000;
// Of all removals together: the end of the server waits for them.
constexpr std::chrono::milliseconds kRemovalPatience = 10s;
constexpr std::chrono::milliseconds kLeastDeadline = 500ms;

std::string record_of(const std::string& host) { return "_acme-challenge." + host; }

// RFC 8555 §8.4: the digest of what HTTP would show.
std::string digest_of(const std::string& text) {
  const Digest digest = sha256(text);
  return to_base64url({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
}

}  // namespace

DnsProof::DnsProof(DnsProofSettings settings, DnsProofHooks hooks)
    : settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      asker_(settings_.cloudflare, hooks_.cancelled),
      changer_(settings_.cloudflare) {}

Result<void> DnsProof::look_for_zones(const std::vector<std::string>& names) {
  zones_.clear();
  for (const std::string& name : names) SITEPOD_TRY(zone_of(std::string(without_wildcard(name))));
  return {};
}

Result<DnsZone> DnsProof::zone_of(const std::string& host) {
  if (const auto known = zones_.find(host); known != zones_.end()) return known->second;
  return zones_[host] = SITEPOD_TRY(asker_.find_zone(host));
}

Result<void> DnsProof::present(const std::vector<Proof>& proofs) {
  for (const Proof& proof : proofs) SITEPOD_TRY(put(proof.host, digest_of(proof.text)));
  std::vector<SoughtRecord> sought;
  for (const Record& each : records_) sought.push_back({each.name, each.text, each.zone.name_servers});
  return wait_until_visible(sought, settings_.sight, hooks_.wait);
}

// A record with the same text stands there when the authority asks for the same once more after a server broke off.
Result<void> DnsProof::put(const std::string& host, const std::string& text) {
  Record record{SITEPOD_TRY(zone_of(host)), record_of(host), text, {}};
  const std::vector<DnsRecord> found = SITEPOD_TRY(asker_.txt_records(record.zone, record.name));
  const auto same =
      std::find_if(found.begin(), found.end(), [&](const DnsRecord& each) { return each.content == text; });
  record.id = same != found.end() ? same->id : SITEPOD_TRY(changer_.add_txt(record.zone, record.name, text, kComment));
  records_.push_back(std::move(record));
  remove_leftovers(records_.back().zone, found);
  return {};
}

void DnsProof::remove_leftovers(const DnsZone& zone, const std::vector<DnsRecord>& found) {
  for (const DnsRecord& each : found) {
    const bool is_old = each.created && each.created->unix_ms + kLeftoverMs < now().unix_ms;
    const bool is_needed =
        std::any_of(records_.begin(), records_.end(), [&](const Record& r) { return r.id == each.id; });
    if (each.comment != kComment || !is_old || is_needed) continue;
    if (auto removed = changer_.remove(zone, each.id); !removed.ok())
      log::warn("an old record of a proof could not be removed", {{"reason", removed.error().message}});
  }
}

void DnsProof::withdraw() {
  const Clock::time_point end = Clock::now() + kRemovalPatience;
  for (const Record& each : records_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (auto removed = changer_.remove(each.zone, each.id, std::max(left, kLeastDeadline)); !removed.ok())
      log::warn("the record of a proof could not be removed; remove it, or the next order does",
                {{"record", each.name}, {"reason", removed.error().message}});
  }
  records_.clear();
}

}  // namespace sitepod::certs
