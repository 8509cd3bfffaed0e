// What in DNS proves that a domain's owner wants it here (deploy API §9). Pure functions; any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "net/dns_resolver.hpp"

namespace sitepod::domains {

// "sitepod-verify-" and 16 hexadecimal digits from the system's generator.
std::string new_token();
// Where the TXT record stands: "_sitepod.example.com".
std::string record_name(std::string_view domain);

// What is asked about a domain, and the answers in the same order.
std::array<net::DnsQuestion, 2> questions_about(const std::string& domain);
struct Findings {
  net::DnsAnswer txt;
  net::DnsAnswer cname;
  // Nobody knows enough to deny a proof.
  bool is_inconclusive() const {
    return txt.outcome == net::DnsAnswer::Outcome::Failed || cname.outcome == net::DnsAnswer::Outcome::Failed;
  }
};

// A TXT value is the token, or "sitepod-verify=" and the token with or without its prefix.
bool is_proven_by_txt(const Findings& findings, std::string_view token);
// The domain itself is an alias of the host, directly.
bool is_proven_by_cname(const Findings& findings, std::string_view host);

}  // namespace sitepod::domains
