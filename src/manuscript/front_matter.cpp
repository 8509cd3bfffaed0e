#include "manuscript/front_matter.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sitepod::manuscript {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Line {
  std::string_view text;  // without its end
  std::size_t next = 0;   // where the next one begins
};

Line line_at(std::string_view file, std::size_t offset) {
  const std::size_t end = std::min(file.find('\n', offset), file.size());
  std::string_view text = file.substr(offset, end - offset);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return {text, std::min(end + 1, file.size())};
}

// Editors leave spaces behind the marks.
bool is_mark(std::string_view line, std::string_view mark) {
  return line.starts_with(mark) && line.find_first_not_of(" \t", mark.size()) == std::string_view::npos;
}

Result<void> check_names(const std::vector<Field>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (fields[i].name == fields[j].name)
        return front_matter_error(
            fields[i].line, fmt::format("{} stands twice; the first time in line {}", fields[i].name, fields[j].line));
  return {};
}

}  // namespace

Error front_matter_error(std::uint32_t line, std::string message) {
  return invalid("invalid_front_matter", std::move(message)).detail("line", std::to_string(line));
}

Result<FrontMatter> read_front_matter(std::string_view file) {
  FrontMatter out;
  const std::size_t start = file.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const Line first = line_at(file, start);
  const bool is_yaml = is_mark(first.text, "---");
  if (!is_yaml && !is_mark(first.text, "+++")) {
    out.body_offset = start;
    return out;
  }
  const std::string_view mark = is_yaml ? "---" : "+++";
  std::uint32_t number = 1;
  for (std::size_t at = first.next; at < file.size();) {
    const Line line = line_at(file, at);
    ++number;
    if (is_mark(line.text, mark)) {
      const std::string_view text = file.substr(first.next, at - first.next);
      if (text.size() > kMaxFrontMatterBytes)
        return front_matter_error(1, fmt::format("the front matter has more than {} bytes", kMaxFrontMatterBytes));
      out.fields = SITEPOD_TRY(is_yaml ? read_yaml_fields(text, 2) : read_toml_fields(text, 2));
      SITEPOD_TRY(check_names(out.fields));
      out.body_offset = line.next;
      out.body_line = number + 1;
      return out;
    }
    at = line.next;
  }
  return front_matter_error(1, fmt::format("the front matter has no end: put a line {} behind its last field, or, if "
                                           "line 1 is a part of the text, an empty line before it",
                                           mark));
}

}  // namespace sitepod::manuscript
