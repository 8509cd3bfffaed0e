#include "certs/names.hpp"

#include <algorithm>

namespace sitepod::certs {
namespace {

constexpr std::string_view kWildcard = "*.";
// With an ending it is still the name of a file; so is a wildcard's, with what stands for its star.
constexpr std::size_t kMaxHostBytes = 240;
constexpr std::size_t kMaxHostOfWildcardBytes = 230;

}  // namespace

bool is_orderable(std::string_view host) {
  if (host.size() > kMaxHostBytes || host.find('.') == std::string_view::npos) return false;
  if (host.ends_with(".localhost") || host.ends_with(".local")) return false;
  std::string_view label;
  for (std::string_view rest = host;;) {
    label = rest.substr(0, rest.find('.'));
    const bool is_label = !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
                          std::all_of(label.begin(), label.end(), [](char c) {
                            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                          });
    if (!is_label) return false;
    if (label.size() == rest.size()) break;
    rest.remove_prefix(label.size() + 1);
  }
  return std::any_of(label.begin(), label.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

bool is_orderable_wildcard(std::string_view name) {
  const std::string_view host = without_wildcard(name);
  return host.size() < name.size() && host.size() <= kMaxHostOfWildcardBytes && is_orderable(host);
}

bool stands_for(std::string_view wildcard, std::string_view host) {
  if (!wildcard.starts_with(kWildcard)) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 && host.substr(dot) == wildcard.substr(1);
}

std::string_view without_wildcard(std::string_view name) {
  return name.starts_with(kWildcard) ? name.substr(kWildcard.size()) : name;
}

}  // namespace sitepod::certs
