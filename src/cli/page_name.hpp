// How people name a page on the command line: "docs/guide/start", "about", "homepage". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sitepod::cli {

struct PageName {
  std::string slug;
  std::string content_type;            // empty: whatever has the slug
  std::optional<std::string> section;  // none: any
};

// A name without a slash is a slug alone. `type` and `section` win over what the name says.
PageName parse_page_name(std::string_view name, std::string_view type, const std::optional<std::string>& section);

}  // namespace sitepod::cli
