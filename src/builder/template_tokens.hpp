// A template's text cut into literals, values and blocks, with the lines they begin on. Views point into the text,
// except literals, whose indentation is taken away. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sitepod::builder {

struct TemplateToken {
  enum class Kind : std::uint8_t { Literal, Value, Block };
  Kind kind = Kind::Literal;
  std::string literal;
  std::vector<std::string_view> words;  // of a value or block; "include" keeps its quoted name as one word
  std::uint32_t line = 0;
};

enum class Indentation : bool { Keep, Drop };

// Comments are left out. A block or comment alone on its line takes the whole line with it.
// The error's message begins with the line: "12: …".
Result<std::vector<TemplateToken>> cut_template(std::string_view text, Indentation indentation);

}  // namespace sitepod::builder
