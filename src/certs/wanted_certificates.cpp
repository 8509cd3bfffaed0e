#include "certs/wanted_certificates.hpp"

#include <algorithm>

#include "certs/names.hpp"

namespace sitepod::certs {
namespace {

std::vector<std::string> names_of(const std::string& wildcard_domain) {
  if (!is_orderable_wildcard("*.preview." + wildcard_domain)) return {};
  return {"*." + wildcard_domain, wildcard_domain, "*.preview." + wildcard_domain};
}

}  // namespace

std::vector<WantedCertificate> wanted_certificates(std::vector<std::string> routed, const std::string& wildcard_domain,
                                                   const std::function<bool(const std::string& name)>& is_provided) {
  std::vector<WantedCertificate> wanted;
  const std::vector<std::string> together = names_of(wildcard_domain);
  std::vector<std::string> missing;
  std::copy_if(together.begin(), together.end(), std::back_inserter(missing),
               [&](const std::string& name) { return !is_provided(name); });
  if (!missing.empty()) wanted.push_back({together.front(), std::move(missing), ProofBy::Dns});

  std::sort(routed.begin(), routed.end());
  routed.erase(std::unique(routed.begin(), routed.end()), routed.end());
  for (std::string& host : routed) {
    const bool is_together = std::any_of(together.begin(), together.end(), [&](const std::string& name) {
      return name == host || stands_for(name, host);
    });
    if (is_together || !is_orderable(host) || is_provided(host)) continue;
    wanted.push_back({host, {host}, ProofBy::Http});
  }
  return wanted;
}

}  // namespace sitepod::certs
