#include "serve/route.hpp"

#include <algorithm>
#include <array>

#include "http/authority.hpp"
#include "http/syntax.hpp"

namespace sitepod::serve {
namespace {

constexpr std::string_view kPreviewPath = "/__preview__/";
constexpr std::size_t kMaxHostBytes = 255;  // no longer name exists in DNS

bool is_control_host(std::string_view host, std::string_view base_domain) {
  if (http::is_ip_literal(host)) return true;
  if (!host.ends_with(base_domain)) return false;
  const std::string_view prefix = host.substr(0, host.size() - base_domain.size());
  return prefix.empty() || prefix == "app." || prefix == "www.";
}

// "{sub}--{slug}" under the base domain or under "preview." of it.
bool is_preview_host(std::string_view host, std::string_view base_domain) {
  if (!host.ends_with(base_domain)) return false;
  const std::string_view prefix = host.substr(0, host.size() - base_domain.size());
  const std::size_t dot = prefix.find('.');
  if (dot == std::string_view::npos || prefix.substr(0, dot).find("--") == std::string_view::npos) return false;
  const std::string_view rest = prefix.substr(dot + 1);
  return rest.empty() || rest == "preview.";
}

bool is_api_path(std::string_view path) {
  return path.starts_with("/api/") || path == "/healthz" || path == "/readyz" || path == "/openapi.json";
}

Route route_of_unknown_host(std::string_view path) {
  return {is_api_path(path) ? Route::Kind::Api : Route::Kind::Nowhere, nullptr};
}

// "/__preview__/{slug}/…" of a project's own hosts (deploy API §7). The slug is compared as sent: one that is written
// with percent signs is nobody's.
Route route_of_preview(const ProjectViews& views, std::string_view path) {
  const std::size_t end = std::min(path.find('/', kPreviewPath.size()), path.size());
  const auto found = views.previews.find(path.substr(kPreviewPath.size(), end - kPreviewPath.size()));
  if (found == views.previews.end()) return {Route::Kind::NoPreview};
  return {Route::Kind::Site, found->second.site.get(), path.substr(0, end)};
}

Route route_of_mount(const PathMounts& mounts, std::string_view path) {
  const PathMounts::Match match = mounts.find(path);
  if (!match.mount) return {};
  const Mount& mount = *match.mount;
  return {Route::Kind::Site, mount.site.get(), match.prefix,
          ChoicePlace{mount.views.get(), mount.cookie_path, mount.covers_others}};
}

}  // namespace

// Hot path 3/8: host.
Route find_route(const Snapshot& snapshot, const http::RequestHead& head) {
  std::array<char, kMaxHostBytes> buffer;
  if (head.host.size() > buffer.size()) return route_of_unknown_host(head.path);
  std::transform(head.host.begin(), head.host.end(), buffer.begin(), http::to_lower);
  const std::string_view host(buffer.data(), head.host.size());
  if (const HostEntry* entry = snapshot.hosts.find(host)) {
    if (entry->views && head.path.starts_with(kPreviewPath)) return route_of_preview(*entry->views, head.path);
    if (entry->mounts) [[unlikely]]
      return route_of_mount(*entry->mounts, head.path);
    if (entry->kind == HostEntry::Kind::Site)
      return {Route::Kind::Site, entry->site.get(), {}, ChoicePlace{entry->views.get()}};
    return {Route::Kind::Api, nullptr};
  }
  if (is_control_host(host, snapshot.base_domain)) return {Route::Kind::Api, nullptr};
  // Whatever the path is: that the API answers would tell that there is no such preview.
  if (is_preview_host(host, snapshot.base_domain)) return {Route::Kind::NoPreview};
  return route_of_unknown_host(head.path);
}

}  // namespace sitepod::serve
