// The fields above a page's markdown: YAML between lines of "---", TOML between lines of "+++". Their shapes only; what
// they mean is page_file.hpp's business. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sitepod::manuscript {

inline constexpr std::size_t kMaxFrontMatterBytes = 64 * 1024;

struct Field {
  enum class Kind : std::uint8_t { Text, List, Other };

  std::string name;
  std::uint32_t line = 0;  // of the file, from 1
  Kind kind = Kind::Text;
  std::string text;                // of Text: a scalar as it is written, without quotes
  std::vector<std::string> items;  // of List: scalars
  bool is_empty = false;           // nothing was written: "title:" or "title: ~"
};

struct FrontMatter {
  std::vector<Field> fields;    // in the order of the file, each name once
  std::size_t body_offset = 0;  // where the markdown begins
  std::uint32_t body_line = 1;  // the line that it begins in
};

// A file without front matter has no fields. Errors: Invalid "invalid_front_matter" with the detail "line".
Result<FrontMatter> read_front_matter(std::string_view file);

// For the two readers.
Error front_matter_error(std::uint32_t line, std::string message);
// `first_line`: of the file, that `text` begins in.
Result<std::vector<Field>> read_yaml_fields(std::string_view text, std::uint32_t first_line);
Result<std::vector<Field>> read_toml_fields(std::string_view text, std::uint32_t first_line);

}  // namespace sitepod::manuscript
