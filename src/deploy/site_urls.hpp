// Where a project's environments are reached: scheme, host and port as the operator configured them (deploy API §6).
// A value; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sitepod::deploy {

// Whether addresses of this base domain are http in any case.
bool is_local_domain(std::string_view host);

class SiteUrls {
 public:
  // `domain` is the configured base domain with its port if it has one ("localhost:8080"). The scheme is https when TLS
  // is on and the domain is not local.
  SiteUrls(std::string domain, bool tls);
  const std::string& domain() const { return domain_; }
  // "https://example.com", where the API is.
  std::string base_url() const { return scheme_ + "://" + domain_; }
  // "https://sub-beta.example.com"
  std::string environment_url(std::string_view subdomain, std::string_view environment) const;
  // "https://sub--slug.preview.example.com/", and the same below the production host.
  std::string preview_url(std::string_view subdomain, std::string_view slug) const;
  std::string preview_path_url(std::string_view subdomain, std::string_view slug) const;

 private:
  std::string domain_;
  std::string scheme_;
};

}  // namespace sitepod::deploy
