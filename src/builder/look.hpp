// How a page looks and what it shows: its own wishes, else the site's, else what suits its type. Pure; any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "model/page.hpp"

namespace sitepod::builder {

struct ResolvedLook {
  std::string_view primary_color;  // "#rrggbb" or "#rgb"; empty: the theme's
  std::string_view code_theme_light;
  std::string_view code_theme_dark;
  std::string_view font_size;  // compact, large; empty: comfortable
  std::array<bool, model::kSwitches> switches{};
  bool shows(model::Switch which) const { return switches[static_cast<std::size_t>(which)]; }
};

// Points into page and site. What is no colour and no known theme counts as not set.
ResolvedLook resolve_look(const model::Page& page, const model::Look& site);
// The look of what is no page: the site's own.
ResolvedLook resolve_site_look(const model::Look& site);

bool is_color(std::string_view text);
// A style sheet with the theme's accent colours made from one: darkened for light pages and lightened for dark ones
// until text in it reaches a contrast of 4.5 (WCAG AA). Requires: is_color(color).
// "#rrggbb": the accent as it is on the theme's dark background. An empty colour is the theme's own.
std::string accent_on_dark(std::string_view color);
std::string accent_css(std::string_view color);

}  // namespace sitepod::builder
