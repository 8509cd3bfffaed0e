#include "cli/page_name.hpp"

namespace sitepod::cli {

PageName parse_page_name(std::string_view name, std::string_view type, const std::optional<std::string>& section) {
  while (name.starts_with('/')) name.remove_prefix(1);
  PageName page;
  if (name == "homepage" || name.empty()) {
    page.slug = "index";
    page.content_type = "homepage";
  } else if (const std::size_t slash = name.rfind('/'); slash == std::string_view::npos) {
    page.slug = name;
  } else {
    page.slug = name.substr(slash + 1);
    std::string_view folders = name.substr(0, slash);
    const std::string_view first = folders.substr(0, folders.find('/'));
    const bool is_typed = first == "docs" || first == "blog";
    page.content_type = is_typed ? first : "standalone";
    if (is_typed) folders.remove_prefix(std::min(first.size() + 1, folders.size()));
    page.section = std::string(folders);
  }
  if (!type.empty()) page.content_type = type;
  if (section) page.section = section;
  return page;
}

}  // namespace sitepod::cli
