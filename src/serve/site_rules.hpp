// The rules of one image (model/image_rules.hpp) as visitors need them: an address → what stands there instead of a
// file. Part of a SiteIndex; immutable. Worker threads look up; allocates nothing then.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "model/image_rules.hpp"

namespace sitepod::serve {

class SiteRules {
 public:
  explicit SiteRules(model::ImageRules rules);

  // Where an old address leads, as a path that is not percent-encoded yet; empty: nowhere. `path` is decoded and has no
  // leading slash. "old", "old/" and "old.html" are one address, as they are of a page.
  std::string_view find_redirect(std::string_view path) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const { return std::hash<std::string_view>()(path); }
  };
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> redirects_;  // without leading slashes
};

}  // namespace sitepod::serve
