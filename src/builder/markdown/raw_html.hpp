// HTML that an owner allowed on the site's pages: known tags and attributes pass, everything else is shown as text.
// No script, style, form or event attribute passes; frames only from https and in a sandbox. Tags are closed where the
// block or span ends in which they were opened, so that a page cannot break the template around it.
// One page; one thread; linear.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sitepod::builder::markdown {

class RawHtmlFilter {
 public:
  // `depth`: how many blocks and spans are open around the HTML.
  void write(std::string_view html, std::size_t depth, std::string& out);
  // Closes what was opened deeper than `depth`.
  void close_deeper_than(std::size_t depth, std::string& out);

 private:
  struct OpenTag {
    std::string name;
    std::size_t depth = 0;
  };
  // The end of the tag that begins at `at`; `at` when none does.
  std::size_t write_tag(std::string_view html, std::size_t at, std::size_t depth, std::string& out);
  void write_end_tag(const std::string& name, std::size_t depth, std::string& out);

  std::vector<OpenTag> open_;
};

}  // namespace sitepod::builder::markdown
