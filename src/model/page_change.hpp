// What a request says about a page: only what it names changes. A value; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/page.hpp"

namespace sitepod::model {

// A page as sent and not yet checked; nothing: omitted.
struct PageChange {
  std::optional<std::string> id, slug, title, content, content_type, section, description, api_endpoint, published_at,
      author_id, password, og_image_url, language, theme, primary_color, code_theme_light, code_theme_dark, font_size;
  std::optional<bool> draft, show_listings;
  std::optional<std::int64_t> order;
  std::optional<std::vector<std::string>> tags, aliases;
  std::array<std::optional<std::string>, kSwitches> switches;  // "true", "false", "inherit"
};

// A page to delete, as sent.
struct PageDeletion {
  std::string slug;
  std::string content_type;
  std::string section;
};

}  // namespace sitepod::model
