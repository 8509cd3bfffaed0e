// The colours of highlighted code. A theme is a table of colours for the classes that the highlighter writes; a page
// takes one for light and one for dark. Immutable; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sitepod::builder {

inline constexpr std::string_view kDefaultLightCodeTheme = "github";
inline constexpr std::string_view kDefaultDarkCodeTheme = "github-dark";

bool is_code_theme(std::string_view name);
// Sets the variables that style.css colours code with. Requires: both are themes.
std::string code_theme_css(std::string_view light, std::string_view dark);

}  // namespace sitepod::builder
