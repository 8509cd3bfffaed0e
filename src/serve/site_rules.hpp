// The rules of one image (model/image_rules.hpp) as visitors need them: which files are forms in front of a locked
// text, and where old addresses lead. Part of a SiteIndex; immutable. Worker threads look up; allocates nothing then.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/digest.hpp"
#include "model/image_rules.hpp"
#include "serve/page_pass.hpp"

namespace sitepod::serve {

// The name under which an index has a file that no request may reach: of "_sitepod/x" it is "_sitepod", a NUL and "x".
// No request's path can hold a NUL (http::decode_path), so no spelling of one finds it.
std::string hidden_path(std::string_view reserved_path);

class SiteRules {
 public:
  // `key` is the site's; those of its locks are made from it.
  SiteRules(model::ImageRules rules, const Digest& key);

  // Of the file that stands at a page's address; null: everybody may read it.
  const PageLock* find_lock(std::string_view file) const {
    if (locks_.empty()) return nullptr;
    const auto found = locks_.find(file);
    return found == locks_.end() ? nullptr : &found->second;
  }

  // Where an old address leads, as a path that is not percent-encoded yet; empty: nowhere. `path` is decoded and has no
  // leading slash. "old", "old/" and "old.html" are one address, as they are of a page.
  std::string_view find_redirect(std::string_view path) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const { return std::hash<std::string_view>()(path); }
  };
  std::unordered_map<std::string, PageLock, Hash, std::equal_to<>> locks_;
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> redirects_;  // without leading slashes
};

}  // namespace sitepod::serve
