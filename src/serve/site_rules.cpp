#include "serve/site_rules.hpp"

#include <array>

namespace sitepod::serve {

SiteRules::SiteRules(model::ImageRules rules) {
  redirects_.reserve(rules.redirects.size());
  for (model::RedirectRule& rule : rules.redirects) redirects_.emplace(rule.from.substr(1), std::move(rule.to));
}

std::string_view SiteRules::find_redirect(std::string_view path) const {
  constexpr std::array<std::string_view, 3> kEndings{"", "/", ".html"};
  for (const std::string_view ending : kEndings) {
    if (!path.ends_with(ending)) continue;
    const auto found = redirects_.find(path.substr(0, path.size() - ending.size()));
    if (found != redirects_.end()) return found->second;
  }
  return {};
}

}  // namespace sitepod::serve
