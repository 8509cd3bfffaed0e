#include "deploy/site_urls.hpp"

#include "model/names.hpp"

namespace sitepod::deploy {

bool is_local_domain(std::string_view host) { return host == "localhost" || host == "127.0.0.1"; }

SiteUrls::SiteUrls(std::string domain, bool tls) : domain_(std::move(domain)) {
  const std::string_view host = std::string_view(domain_).substr(0, domain_.find(':'));
  scheme_ = tls && !is_local_domain(host) ? "https" : "http";
}

std::string SiteUrls::environment_url(std::string_view subdomain, std::string_view environment) const {
  return scheme_ + "://" + model::environment_label(subdomain, environment) + "." + domain_;
}

std::string SiteUrls::preview_url(std::string_view subdomain, std::string_view slug) const {
  return scheme_ + "://" + model::preview_label(subdomain, slug) + ".preview." + domain_ + "/";
}

std::string SiteUrls::preview_path_url(std::string_view subdomain, std::string_view slug) const {
  return environment_url(subdomain, model::kProduction) + "/__preview__/" + std::string(slug) + "/";
}

}  // namespace sitepod::deploy
