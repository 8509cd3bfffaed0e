// What the composer makes once for the whole site: its view, its security policy, its style sheets.
#include <algorithm>
#include <set>

#include "builder/code_themes.hpp"
#include "builder/composer.hpp"
#include "builder/languages.hpp"

namespace sitepod::builder {
namespace {

// Entries of a navigation that nobody wrote: it stands on every page.
constexpr std::size_t kNavigation = 40;

// "https://host:port" of an address that a form may post to; empty when it is none.
std::string origin_of(std::string_view url) {
  if (!url.starts_with("https://") && !url.starts_with("http://")) return "";
  const std::size_t host = url.find("//") + 2;
  const std::string_view origin = url.substr(0, url.find_first_of("/?#", host));
  const bool is_plain = std::all_of(origin.begin(), origin.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':' || c == '/';
  });
  return is_plain && origin.size() > host ? std::string(origin) : "";
}

}  // namespace

void Composer::make_site_view() {
  const model::SiteSettings& settings = site_.settings;
  SiteView& view = site_view_;
  view.title = settings.title.empty() ? "Untitled" : settings.title;
  view.description = settings.description;
  view.url = site_.base_url;
  view.language = is_language(settings.language) ? settings.language : "en";
  view.logo_url = settings.logo_url;
  view.newsletter_action = settings.newsletter_action;
  view.security_policy = content_security_policy("'self'");
  view.diagram_policy = content_security_policy("'self' 'unsafe-inline'");
  view.assets = theme_.urls;
  view.has_blog = !outline_.posts.empty();
  // What leads to no area gets its address, which is no area's name.
  const auto area_of = [](const std::string& url) {
    const bool is_inside = url.size() > 1 && url[0] == '/' && url.find('/', 1) != std::string::npos;
    return is_inside ? url.substr(1, url.find('/', 1) - 1) : url;
  };
  for (const model::NavigationLink& link : settings.navigation)
    view.navigation.push_back({link.title, link.url, area_of(link.url)});
  if (settings.navigation.empty()) {
    for (const std::string& area : outline_.areas)
      view.navigation.push_back(
          {area == "docs" ? "Docs" : outline_.sections.at(area).title, outline_.sections.at(area).url, area});
    for (const PageNumber page : outline_.root_pages)
      view.navigation.push_back({outline_.pages[page].page->title, outline_.pages[page].url, outline_.pages[page].url});
    view.navigation.resize(std::min(view.navigation.size(), kNavigation));
  }
  for (const model::NavigationLink& link : settings.footer) view.footer.push_back({link.title, link.url, ""});
  if (settings.footer.empty() && !outline_.tags.empty()) view.footer.push_back({"Tags", "/tags/", "tags"});
  if (settings.footer.empty() && !outline_.authors.empty()) view.footer.push_back({"Authors", "/authors/", "authors"});
  view.key = key_of_fields(view);
}

// Scripts only from the site's own files. HTML that the owner allowed may hold frames, and nothing else that needs
// more.
std::string Composer::content_security_policy(std::string_view styles) const {
  std::string policy = "default-src 'none'; script-src 'self'; style-src " + std::string(styles) +
                       "; img-src 'self' data: https: http:; media-src 'self' "
                       "https: http:; "
                       "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'";
  if (const std::string origin = origin_of(site_.settings.newsletter_action); !origin.empty()) policy += " " + origin;
  if (site_.settings.allow_raw_html) policy += "; frame-src https:";
  return policy;
}

void Composer::make_styles() {
  const auto add = [this](std::string_view name, std::string css) {
    std::string path = "assets/" + fingerprinted(name, css);
    std::string url = "/" + path;
    styles_.push_back({std::move(path), std::move(css)});
    return url;
  };
  const auto add_look = [&](const ResolvedLook& look) {
    const std::string color(look.primary_color);
    if (!color.empty() && !look_urls_.contains(color)) look_urls_[color] = add("look.css", accent_css(color));
    const std::pair themes(std::string(look.code_theme_light), std::string(look.code_theme_dark));
    if (!code_urls_.contains(themes)) code_urls_[themes] = add("code.css", code_theme_css(themes.first, themes.second));
  };
  add_look(site_look_);
  // Most pages look like the site; the others are few and often alike.
  using Wishes = std::tuple<std::string_view, std::string_view, std::string_view>;
  std::set<Wishes> seen;
  for (const ResolvedLook& look : looks_)
    if (seen.emplace(look.primary_color, look.code_theme_light, look.code_theme_dark).second) add_look(look);
}

const std::string& Composer::look_url(std::string_view color) const { return look_urls_.find(color)->second; }

const std::string& Composer::code_url(const ResolvedLook& look) const {
  return code_urls_.find({std::string(look.code_theme_light), std::string(look.code_theme_dark)})->second;
}

}  // namespace sitepod::builder
