#include "builder/code_themes.hpp"

#include <fmt/format.h>

#include <array>

namespace sitepod::builder {
namespace {

struct CodeTheme {
  std::string_view name;
  // background, text, comment, keyword, string, number, title, type, attribute, meta, added, removed
  std::array<std::string_view, 12> colors;
};

constexpr std::array<std::string_view, 12> kVariables = {"bg",    "fg",   "comment",   "keyword", "string", "number",
                                                         "title", "type", "attribute", "meta",    "added",  "removed"};

// The palettes of their projects; comments and the faintest colours are moved until they reach a contrast of 4.5.
constexpr std::array<CodeTheme, 12> kThemes = {{
    {"github",
     {"#f6f8fa", "#24292f", "#57606a", "#b3202c", "#0a3069", "#0550ae", "#6639ba", "#953800", "#0550ae", "#57606a",
      "#116329", "#a0111f"}},
    {"github-dark",
     {"#161b22", "#e6edf3", "#9198a1", "#ff7b72", "#a5d6ff", "#79c0ff", "#d2a8ff", "#ffa657", "#79c0ff", "#9198a1",
      "#7ee787", "#ffa198"}},
    {"one-light",
     {"#fafafa", "#383a42", "#696c77", "#a626a4", "#3b7a3a", "#8a5a00", "#3a62c4", "#8a5a00", "#8a5a00", "#696c77",
      "#3b7a3a", "#b83226"}},
    {"one-dark",
     {"#282c34", "#abb2bf", "#9299a8", "#c678dd", "#98c379", "#d19a66", "#61afef", "#e5c07b", "#d19a66", "#9299a8",
      "#98c379", "#f0868f"}},
    {"solarized-light",
     {"#fdf6e3", "#4d636b", "#5f6c6c", "#5f6b00", "#1c7069", "#a83a6c", "#1f6fa8", "#8a6500", "#8a6500", "#a8400f",
      "#5f6b00", "#b82a28"}},
    {"solarized-dark",
     {"#002b36", "#a3b1b1", "#8d9c9c", "#98ab14", "#35aea4", "#e38bb7", "#5aaee6", "#cca125", "#cca125", "#e8814f",
      "#98ab14", "#f08a87"}},
    {"nord",
     {"#2e3440", "#d8dee9", "#a3aec2", "#81a1c1", "#a3be8c", "#c9a3c2", "#88c0d0", "#8fbcbb", "#8fbcbb", "#a3aec2",
      "#a3be8c", "#e39aa1"}},
    {"dracula",
     {"#282a36", "#f8f8f2", "#9aa6cf", "#ff79c6", "#f1fa8c", "#bd93f9", "#50fa7b", "#8be9fd", "#50fa7b", "#9aa6cf",
      "#50fa7b", "#ff8585"}},
    {"monokai",
     {"#272822", "#f8f8f2", "#a39e86", "#fd6a9b", "#e6db74", "#ae81ff", "#a6e22e", "#66d9ef", "#a6e22e", "#a39e86",
      "#a6e22e", "#fd6a9b"}},
    {"catppuccin-latte",
     {"#eff1f5", "#4c4f69", "#5f6274", "#8839ef", "#2f7a20", "#b04a00", "#1a58d8", "#8a5a0c", "#1a58d8", "#5f6274",
      "#2f7a20", "#c20d35"}},
    {"catppuccin-mocha",
     {"#1e1e2e", "#cdd6f4", "#9399b2", "#cba6f7", "#a6e3a1", "#fab387", "#89b4fa", "#f9e2af", "#89b4fa", "#9399b2",
      "#a6e3a1", "#f38ba8"}},
    {"high-contrast",
     {"#ffffff", "#000000", "#444444", "#8b0000", "#004d00", "#00008b", "#4b0082", "#5c3a00", "#00008b", "#444444",
      "#004d00", "#8b0000"}},
}};

const CodeTheme* find(std::string_view name) {
  for (const CodeTheme& theme : kThemes)
    if (theme.name == name) return &theme;
  return nullptr;
}

std::string variables_of(std::string_view name) {
  std::string css;
  const CodeTheme& theme = *find(name);
  for (std::size_t i = 0; i < kVariables.size(); ++i)
    css += fmt::format("--code-{}:{};", kVariables[i], theme.colors[i]);
  return css;
}

}  // namespace

bool is_code_theme(std::string_view name) { return find(name) != nullptr; }

std::string code_theme_css(std::string_view light, std::string_view dark) {
  const std::string in_dark = variables_of(dark);
  return fmt::format(
      ":root{{{}}}\n@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{}}}}}\n@media "
      "screen{{:root[data-theme=dark]{{{}}}}}\n",
      variables_of(light), in_dark, in_dark);
}

}  // namespace sitepod::builder
