#include "builder/look.hpp"

#include <fmt/format.h>

#include <cmath>

#include "builder/code_themes.hpp"

namespace sitepod::builder {
namespace {

using model::ContentType;
using model::Look;
using model::Switch;
using model::SwitchValue;

bool is_shown_by_default(Switch which, const model::Page& page) {
  const bool is_docs = page.content_type == ContentType::kDocs;
  const bool is_blog = page.content_type == ContentType::kBlog;
  switch (which) {
    case Switch::kShowToc:
    case Switch::kShowNextPrev:
    case Switch::kShowCopyMarkdown:
      return is_docs || is_blog;
    case Switch::kShowSocialShare:
    case Switch::kShowComments:
    case Switch::kShowNewsletterCta:
    case Switch::kShowDates:
    case Switch::kShowAuthor:
    case Switch::kShowReadingTime:
      return is_blog;
    case Switch::kShowTags:
      return page.content_type != ContentType::kHomepage;
    case Switch::kShowBreadcrumbs:
      return is_docs || is_blog || !page.section.empty();
    case Switch::kShowGalleryDownload:
    case Switch::kFullWidthGallery:
    case Switch::kMasonryGallery:
      return false;
  }
  return false;
}

bool resolve_switch(Switch which, const model::Page& page, const Look& site) {
  for (const Look* look : {&page.look, &site}) {
    const SwitchValue value = look->switches[static_cast<std::size_t>(which)];
    if (value != SwitchValue::kInherit) return value == SwitchValue::kTrue;
  }
  return is_shown_by_default(which, page);
}

template <typename IsGood>
std::string_view first_good(std::string_view page, std::string_view site, std::string_view otherwise,
                            const IsGood& is_good) {
  if (is_good(page)) return page;
  return is_good(site) ? site : otherwise;
}

bool is_font_size(std::string_view text) { return text == "compact" || text == "comfortable" || text == "large"; }

ResolvedLook resolve_styles(const Look& page, const Look& site) {
  ResolvedLook look;
  look.primary_color = first_good(page.primary_color, site.primary_color, "", is_color);
  look.code_theme_light =
      first_good(page.code_theme_light, site.code_theme_light, kDefaultLightCodeTheme, is_code_theme);
  look.code_theme_dark = first_good(page.code_theme_dark, site.code_theme_dark, kDefaultDarkCodeTheme, is_code_theme);
  look.font_size = first_good(page.font_size, site.font_size, "", is_font_size);
  if (look.font_size == "comfortable") look.font_size = "";
  return look;
}

struct Color {
  double red, green, blue;  // 0 to 255
};

// The backgrounds that text in the accent colour meets in the default theme; see its style.css.
constexpr Color kLightSurface{242, 242, 238};
constexpr Color kDarkSurface{36, 38, 42};
constexpr std::string_view kThemeAccentOnDark = "#9fb2ff";
constexpr Color kWhite{255, 255, 255};
constexpr Color kBlack{0, 0, 0};

double digit_value(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

Color parse_color(std::string_view text) {
  text.remove_prefix(1);
  const auto part = [&](std::size_t i) {
    if (text.size() == 3) return digit_value(text[i]) * 17;
    return digit_value(text[2 * i]) * 16 + digit_value(text[2 * i + 1]);
  };
  return {part(0), part(1), part(2)};
}

// Relative luminance and contrast, WCAG 2.2.
double linear(double channel) {
  const double c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}
double luminance(const Color& c) { return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue); }
double contrast(const Color& a, const Color& b) {
  const double x = luminance(a);
  const double y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

Color mix(const Color& a, const Color& b, double share_of_b) {
  const auto channel = [&](double x, double y) { return std::round(x + (y - x) * share_of_b); };
  return {channel(a.red, b.red), channel(a.green, b.green), channel(a.blue, b.blue)};
}

Color readable_on(const Color& color, const Color& surface, const Color& towards) {
  for (int percent = 0; percent < 100; percent += 2) {
    const Color candidate = mix(color, towards, percent / 100.0);
    if (contrast(candidate, surface) >= 4.6) return candidate;
  }
  return towards;
}

std::string css_color(const Color& c) {
  return fmt::format("#{:02x}{:02x}{:02x}", static_cast<int>(c.red), static_cast<int>(c.green),
                     static_cast<int>(c.blue));
}

Color text_on(const Color& color) { return contrast(kWhite, color) >= 4.5 ? kWhite : kBlack; }

}  // namespace

bool is_color(std::string_view text) {
  if ((text.size() != 4 && text.size() != 7) || text[0] != '#') return false;
  for (const char c : text.substr(1)) {
    const char l = static_cast<char>(c | 32);
    if (!(c >= '0' && c <= '9') && !(l >= 'a' && l <= 'f')) return false;
  }
  return true;
}

ResolvedLook resolve_look(const model::Page& page, const Look& site) {
  ResolvedLook look = resolve_styles(page.look, site);
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    look.switches[i] = resolve_switch(static_cast<Switch>(i), page, site);
  return look;
}

ResolvedLook resolve_site_look(const Look& site) {
  static const Look kNoWishes;
  return resolve_styles(kNoWishes, site);
}

std::string accent_on_dark(std::string_view color) {
  if (color.empty()) return std::string(kThemeAccentOnDark);
  return css_color(readable_on(parse_color(color), kDarkSurface, kWhite));
}

std::string accent_css(std::string_view color) {
  const Color wished = parse_color(color);
  const Color light = readable_on(wished, kLightSurface, kBlack);
  const Color dark = readable_on(wished, kDarkSurface, kWhite);
  return fmt::format(":root{{--accent-light:{};--on-accent-light:{};--accent-dark:{};--on-accent-dark:{}}}\n",
                     css_color(light), css_color(text_on(light)), css_color(dark), css_color(text_on(dark)));
}

}  // namespace sitepod::builder
