#include "serve/site_rules.hpp"

#include "base/hmac.hpp"

#include <array>

namespace sitepod::serve {

std::string hidden_path(std::string_view reserved_path) {
  std::string path(reserved_path);
  path[model::kReservedFolder.size() - 1] = '\0';
  return path;
}

SiteRules::SiteRules(model::ImageRules rules, const Digest& key) {
  // Another password has another verifier, and with it another key: what was signed before opens nothing.
  for (model::LockRule& rule : rules.locks) {
    const Digest own_key = hmac_sha256(key, rule.file + '\0' + rule.verifier);
    locks_.emplace(std::move(rule.file), PageLock{hidden_path(rule.text), std::move(rule.verifier), own_key});
  }
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
