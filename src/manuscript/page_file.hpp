// A page's file: which page it is, from its front matter and its place in the folder, and the file that a page is
// exported to. Publishing what was exported changes nothing. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manuscript/front_matter.hpp"
#include "model/page_change.hpp"

namespace sitepod::manuscript {

struct Notice {
  std::uint32_t line = 0;  // of the file; 0: the whole of it
  std::string message;
};

struct PageFile {
  model::PageChange page;  // contentType, section, slug and title are always named
  std::uint32_t body_line = 1;
  std::vector<std::pair<std::string, std::uint32_t>> field_lines;  // by the API's names
  std::vector<Notice> errors;                                      // with any of them the page must not be sent
  std::vector<Notice> warnings;

  // The line that a field of the API stands in; 0: it comes from the file's name.
  std::uint32_t line_of(std::string_view field) const;
};

// `path`: relative to the folder, like "docs/guides/start.md". What the front matter does not say comes from it: the
// first folder is the type where it is docs or blog, the others the section, the name the slug. A field that is not
// named is left out of `page`.
PageFile read_page_file(std::string_view path, std::string_view text);

// "docs", "guides", "start" → "docs/guides/start.md".
std::string path_of_page(std::string_view content_type, std::string_view section, std::string_view slug);
// Front matter in YAML with every field that `page` names, then its content.
std::string write_page_file(const model::PageChange& page);

// Lower case, everything outside a–z and 0–9 one hyphen, none at the ends, at most 100: as the content API does.
std::string slug_from(std::string_view text);

}  // namespace sitepod::manuscript
