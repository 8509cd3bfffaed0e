// Sites that share one host, each under a path of its own (deploy API §9, path mode). Built by the publisher, part of a
// snapshot; immutable. Worker threads look up.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/limits.hpp"
#include "serve/project_views.hpp"

namespace sitepod::serve {

struct Mount {
  std::string slug;  // "/blog", "/docs/api"; "/" is the whole host
  std::shared_ptr<const SiteView> site;
  std::shared_ptr<const ProjectViews> views;
  // The cookies' Path (the slug as it stands in URLs), and whether it covers another mount of the host as well.
  std::string cookie_path;
  bool covers_others = false;
};

class PathMounts {
 public:
  // Requires: slugs are distinct; each begins with "/" and ends in "/" only when it is "/".
  explicit PathMounts(std::vector<Mount> mounts);

  struct Match {
    const Mount* mount = nullptr;  // null: nothing is mounted there
    std::string_view prefix;       // the part of the path, as sent, in front of the site's root; empty for "/"
  };
  // The longest slug that ends where a segment of the path ends: "/blog" stands for "/blog" and "/blog/x", not for
  // "/blogger". `encoded_path` is as sent and is decoded once for the comparison. Allocates nothing; costs one look per
  // level of the deepest slug.
  Match find(std::string_view encoded_path) const;

  const Mount* find_slug(std::string_view slug) const;
  const std::vector<Mount>& all() const { return mounts_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view slug) const { return std::hash<std::string_view>()(slug); }
  };
  std::vector<Mount> mounts_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> by_slug_;
  std::size_t deepest_ = 0;  // segments of the deepest slug; "/" has none
};

}  // namespace sitepod::serve
