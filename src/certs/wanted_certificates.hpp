// Which certificates the hosts that are routed need: one a host, and one with wildcards for the base domain where its
// names can be proven by DNS. Pure; any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/acme_client.hpp"

namespace sitepod::certs {

struct WantedCertificate {
  std::string host;  // under which it is kept: of several names the first wildcard
  std::vector<std::string> names;
  ProofBy by = ProofBy::Http;
};

// The wildcard first, then hosts in order of the alphabet. `wildcard_domain`: "sites.example.com" for a certificate of
// it, of the names below it (sites and their environments) and of those below "preview." of it; no host that these
// cover is wanted singly, so that the authority does not publish it. Empty: none. `is_provided`: whether the operator
// has a certificate for the name, a wildcard as it is written.
std::vector<WantedCertificate> wanted_certificates(std::vector<std::string> routed, const std::string& wildcard_domain,
                                                   const std::function<bool(const std::string& name)>& is_provided);

}  // namespace sitepod::certs
