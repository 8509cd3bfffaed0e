// Proves names to a certificate authority by records in DNS (DNS-01, RFC 8555 §8.4): puts them into the zone, waits
// until its name servers show them, and takes them away again. A resource of one thread; every call blocks.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "certs/acme_client.hpp"
#include "certs/cloudflare.hpp"
#include "certs/dns_sight.hpp"

namespace sitepod::certs {

struct DnsProofSettings {
  CloudflareSettings cloudflare;
  DnsSightSettings sight;
};

struct DnsProofHooks {
  // Waits; false: nothing shall go on.
  std::function<bool(std::chrono::milliseconds)> wait;
  const std::atomic<bool>* cancelled = nullptr;  // ends questions to the API, but no change that is under way
};

class DnsProof {
 public:
  DnsProof(DnsProofSettings settings, DnsProofHooks hooks);

  // Whether there is a zone for each of these names, so that nothing is ordered in vain. Errors: those of Cloudflare.
  Result<void> look_for_zones(const std::vector<std::string>& names);

  // Errors: those of Cloudflare; Unavailable "dns_not_visible".
  Result<void> present(const std::vector<Proof>& proofs);
  // All that present() has put there. What cannot be removed is told to the log, and removed with the next order.
  void withdraw();

 private:
  struct Record {
    DnsZone zone;
    std::string name;
    std::string text;
    std::string id;
  };
  Result<DnsZone> zone_of(const std::string& host);
  Result<void> put(const std::string& host, const std::string& text);
  void remove_leftovers(const DnsZone& zone, const std::vector<DnsRecord>& found);

  const DnsProofSettings settings_;
  const DnsProofHooks hooks_;
  Cloudflare asker_;
  Cloudflare changer_;  // is not broken off: the change would be made all the same, and nobody knew the record's id
  std::map<std::string, DnsZone> zones_;  // by host
  std::vector<Record> records_;           // that are there now
};

}  // namespace sitepod::certs
