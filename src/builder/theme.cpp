#include "builder/theme.hpp"

#include "base/digest.hpp"
#include "builder/theme_files.hpp"

namespace sitepod::builder {
namespace {

constexpr std::string_view kLibraries = "libraries";

const ThemeFile* find_file(std::string_view folder, std::string_view name) {
  const std::string path = std::string(folder) + "/" + std::string(name);
  for (const ThemeFile& file : theme_files())
    if (file.path == path) return &file;
  return nullptr;
}

struct TemplateSlot {
  std::string_view file;
  Template Theme::*slot;
  const Shape& (*root)();
};

constexpr TemplateSlot kTemplates[] = {
    {"page.html", &Theme::page, &shape_of<DocumentView>},
    {"home.html", &Theme::home, &shape_of<DocumentView>},
    {"list.html", &Theme::list, &shape_of<DocumentView>},
    {"tags.html", &Theme::tags, &shape_of<DocumentView>},
    {"authors.html", &Theme::authors, &shape_of<DocumentView>},
    {"search.html", &Theme::search, &shape_of<DocumentView>},
    {"404.html", &Theme::not_found, &shape_of<DocumentView>},
    {"locked.html", &Theme::locked, &shape_of<DocumentView>},
    {"rss.xml", &Theme::rss, &shape_of<FeedView>},
    {"atom.xml", &Theme::atom, &shape_of<FeedView>},
    {"feed.json", &Theme::json_feed, &shape_of<FeedView>},
    {"sitemap.xml", &Theme::sitemap, &shape_of<SitemapView>},
};

struct AssetSlot {
  std::string_view file;
  std::string AssetsView::*url;
  AssetUse use = AssetUse::Always;
};

constexpr AssetSlot kAssets[] = {
    {"style.css", &AssetsView::css},
    {"site.js", &AssetsView::js},
    {"early.js", &AssetsView::early_js},
    {"search.js", &AssetsView::search_js},
    {"icon.svg", &AssetsView::icon},
    {"math.js", &AssetsView::math_js, AssetUse::Math},
    {"diagrams.js", &AssetsView::diagrams_js, AssetUse::Diagrams},
};
constexpr AssetSlot kLibraryAssets[] = {
    {"katex.css", &AssetsView::katex_css, AssetUse::Math},
    {"katex.js", &AssetsView::katex_js, AssetUse::Math},
    {"mermaid.js", &AssetsView::mermaid_js, AssetUse::Diagrams},
};

// "name-<hash>.css"
std::string asset_name(std::string_view name, std::string_view sha256) {
  constexpr std::size_t kDigits = 12;
  const std::size_t dot = name.rfind('.');
  return std::string(name.substr(0, dot)) + "-" + std::string(sha256.substr(0, kDigits)) +
         std::string(name.substr(dot));
}

std::string asset_path(const ThemeFile& file) {
  return "assets/" + asset_name(file.path.substr(file.path.rfind('/') + 1), file.sha256);
}

Result<void> load_asset(std::string_view folder, const AssetSlot& slot, Theme& theme) {
  const ThemeFile* file = find_file(folder, slot.file);
  if (file == nullptr)
    return invalid("invalid_template", std::string(folder) + ": there is no " + std::string(slot.file));
  theme.assets.push_back({asset_path(*file), file->text, slot.use});
  theme.urls.*slot.url = "/" + theme.assets.back().path;
  return {};
}

Result<void> load_assets(std::string_view name, Theme& theme) {
  for (const AssetSlot& slot : kAssets) SITEPOD_TRY(load_asset(name, slot, theme));
  for (const AssetSlot& slot : kLibraryAssets) SITEPOD_TRY(load_asset(kLibraries, slot, theme));
  // KaTeX's style sheet names its fonts.
  for (const ThemeFile& file : theme_files())
    if (file.path.ends_with(".woff2")) theme.assets.push_back({asset_path(file), file.text, AssetUse::Math});
  return {};
}

CacheKey key_of_files(std::string_view name) {
  KeyHasher hasher;
  for (const ThemeFile& file : theme_files()) {
    const std::string_view folder = file.path.substr(0, file.path.find('/'));
    if (folder != name && folder != kLibraries) continue;
    hasher.add(file.path);
    hasher.add(file.sha256);
  }
  return hasher.finish();
}

}  // namespace

std::string fingerprinted(std::string_view name, std::string_view bytes) {
  return asset_name(name, sha256(bytes).hex());
}

Result<Theme> load_theme(std::string_view name) {
  Theme theme;
  const FindTemplate find = [name](std::string_view file) -> std::optional<std::string_view> {
    const ThemeFile* found = find_file(name, file);
    return found == nullptr ? std::nullopt : std::optional(found->text);
  };
  for (const TemplateSlot& slot : kTemplates)
    theme.*slot.slot = SITEPOD_TRY(Template::compile(slot.file, find, slot.root()));
  SITEPOD_TRY(load_assets(name, theme));
  theme.key = key_of_files(name);
  return theme;
}

const Result<Theme>& default_theme() {
  static const Result<Theme> theme = load_theme("default");
  return theme;
}

}  // namespace sitepod::builder
