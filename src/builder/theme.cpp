#include "builder/theme.hpp"

#include "builder/theme_files.hpp"

namespace sitepod::builder {
namespace {

std::optional<std::string_view> find_file(std::string_view theme, std::string_view name) {
  const std::string path = std::string(theme) + "/" + std::string(name);
  for (const ThemeFile& file : theme_files())
    if (file.path == path) return file.text;
  return std::nullopt;
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
    {"redirect.html", &Theme::redirect, &shape_of<DocumentView>},
    {"rss.xml", &Theme::rss, &shape_of<FeedView>},
    {"atom.xml", &Theme::atom, &shape_of<FeedView>},
    {"feed.json", &Theme::json_feed, &shape_of<FeedView>},
    {"sitemap.xml", &Theme::sitemap, &shape_of<SitemapView>},
};

struct AssetSlot {
  std::string_view file;
  std::string AssetsView::*url;
};

constexpr AssetSlot kAssets[] = {
    {"style.css", &AssetsView::css},       {"site.js", &AssetsView::js},    {"early.js", &AssetsView::early_js},
    {"search.js", &AssetsView::search_js}, {"icon.svg", &AssetsView::icon},
};

Result<void> load_assets(std::string_view name, Theme& theme) {
  for (const AssetSlot& slot : kAssets) {
    const auto text = find_file(name, slot.file);
    if (!text) return invalid("invalid_template", std::string(name) + ": there is no " + std::string(slot.file));
    ThemeAsset asset{"assets/" + fingerprinted(slot.file, *text), std::make_shared<const std::string>(*text),
                     sha256(*text)};
    theme.urls.*slot.url = "/" + asset.path;
    theme.assets.push_back(std::move(asset));
  }
  return {};
}

CacheKey key_of_files(std::string_view name) {
  KeyHasher hasher;
  for (const ThemeFile& file : theme_files()) {
    if (!file.path.starts_with(std::string(name) + "/")) continue;
    hasher.add(file.path);
    hasher.add(file.text);
  }
  return hasher.finish();
}

}  // namespace

std::string fingerprinted(std::string_view name, std::string_view bytes) {
  constexpr std::size_t kDigits = 12;
  const std::size_t dot = name.rfind('.');
  return std::string(name.substr(0, dot)) + "-" + sha256(bytes).hex().substr(0, kDigits) +
         std::string(name.substr(dot));
}

Result<Theme> load_theme(std::string_view name) {
  Theme theme;
  const FindTemplate find = [name](std::string_view file) { return find_file(name, file); };
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
