// A theme ready to use: its templates compiled, its style sheets and scripts under names that carry their hash. The
// default theme is part of the program. Immutable; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "builder/template.hpp"
#include "builder/views.hpp"

namespace sitepod::builder {

enum class AssetUse : std::uint8_t { Always, Math, Diagrams };

struct ThemeAsset {
  std::string path;                 // "assets/style-0123456789.css"
  std::string_view text;            // part of the program
  AssetUse use = AssetUse::Always;  // what on a page needs it
};

struct Theme {
  Template page, home, list, tags, authors, search, not_found, locked;
  Template rss, atom, json_feed, sitemap;
  std::vector<ThemeAsset> assets;
  AssetsView urls;
  CacheKey key;  // of all its files
};

// "name-<hash>.css"
std::string fingerprinted(std::string_view name, std::string_view bytes);

// Errors ("invalid_template") name file and line.
Result<Theme> load_theme(std::string_view name);
// Compiled at first use, kept for the life of the program.
const Result<Theme>& default_theme();

}  // namespace sitepod::builder
