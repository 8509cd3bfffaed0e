// The files of themes/ inside the program, made at build time by tools/embed_themes.py. Immutable; any thread.
#pragma once

#include <span>
#include <string_view>

namespace sitepod::builder {

struct ThemeFile {
  std::string_view path;  // "default/page.html"
  std::string_view text;
};

// Sorted by path.
std::span<const ThemeFile> theme_files();

}  // namespace sitepod::builder
