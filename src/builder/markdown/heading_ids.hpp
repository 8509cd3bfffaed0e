// Ids of headings as GitHub makes them, so that links written for GitHub work here. A value of one page; one thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace sitepod::builder::markdown {

// Lower case, spaces to hyphens, nothing but letters, marks, numbers, "_" and "-"; "section" when nothing is left.
std::string heading_slug(std::string_view text);

class HeadingIds {
 public:
  // The slug, with "-1", "-2"… behind it when the page has it already.
  std::string unique_id(std::string_view text);

 private:
  std::unordered_map<std::string, std::size_t> used_;  // id → the last number tried behind it
};

}  // namespace sitepod::builder::markdown
