// What each line of a markdown text is: code, or text and where it begins. Follows block quotes and list items as
// CommonMark does (§5), because indentation counts from the item that a line belongs to. A value; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sitepod::manuscript {

class MarkdownLines {
 public:
  struct Line {
    bool is_code = false;   // indented or fenced, the fences themselves too
    std::string_view text;  // of a line that is no code: without quote marks, list markers and indentation
  };
  // Lines come in their order, without their line feeds. The result points into `line`.
  Line take(std::string_view line);

 private:
  // A block quote, or a list item whose content begins so many columns behind its own beginning.
  struct Container {
    std::size_t width = 0;  // 0: a block quote
  };
  struct Fence {
    std::size_t length = 0;  // 0: none is open
    char mark = '`';
    std::size_t depth = 0;  // containers around it
  };
  class Cursor;

  std::size_t match_containers(Cursor& cursor) const;
  bool open_container(Cursor& cursor, bool may_interrupt_only, std::vector<Container>& opened) const;
  bool take_fence(std::string_view rest, std::size_t indent);

  std::vector<Container> containers_;
  Fence fence_;
  bool in_paragraph_ = false;  // the line before can go on
};

}  // namespace sitepod::manuscript
