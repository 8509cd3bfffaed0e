// A project's pointers by name, for what names one inside an address: cookies and preview paths on the project's
// production hosts. Part of a snapshot; immutable.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace sitepod::serve {

struct SiteView;

struct PreviewView {
  std::shared_ptr<const SiteView> site;
  Instant expires_at;  // exactly then it is gone, without anybody cleaning up
};

struct ProjectViews {
  std::map<std::string, std::shared_ptr<const SiteView>, std::less<>> environments;  // by name, production too
  std::map<std::string, PreviewView, std::less<>> previews;                          // by slug

  // Whether a cookie can lead past production.
  bool offer_choice() const { return environments.size() > 1 || !previews.empty(); }

  // Null when there is none, or when the preview has expired.
  const SiteView* find_environment(std::string_view name) const {
    auto found = environments.find(name);
    return found == environments.end() ? nullptr : found->second.get();
  }
  const SiteView* find_preview(std::string_view slug, Instant now) const {
    auto found = previews.find(slug);
    return found == previews.end() || found->second.expires_at <= now ? nullptr : found->second.site.get();
  }
};

}  // namespace sitepod::serve
