// The files of themes/ and of the libraries that themes may use, inside the program, made at build time by
// tools/embed_themes.py. Immutable; any thread.
#pragma once

#include <span>
#include <string_view>

namespace sitepod::builder {

struct ThemeFile {
  std::string_view path;  // "default/page.html", "libraries/katex.js"
  std::string_view text;
  std::string_view sha256;  // of the text, in hexadecimal digits: megabytes that no site needs are not even read
};

// Sorted by path.
std::span<const ThemeFile> theme_files();

}  // namespace sitepod::builder
