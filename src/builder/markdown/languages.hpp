// What the highlighter knows of each language. Constant data; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace sitepod::builder::markdown {

enum class CodeForm : std::uint8_t { kWords, kMarkup, kStyle, kJson, kYaml, kIni, kDiff, kConsole, kProse };

enum CodeTrait : std::uint32_t {
  kIgnoresCase = 1U << 0,
  kTripleQuotes = 1U << 1,
  kLongBackticks = 1U << 2,   // strings in backticks run over lines
  kLongStrings = 1U << 3,     // all strings do
  kDollarNames = 1U << 4,     // $name and ${…} are variables
  kAtMarks = 1U << 5,         // @name is an annotation
  kHashDirectives = 1U << 6,  // a line that begins with "#" is for the preprocessor
  kTypesAreCapital = 1U << 7,
  kRegexps = 1U << 8,    // /…/ may be a regular expression
  kLifetimes = 1U << 9,  // 'a is no string
  kHyphenNames = 1U << 10,
  kKeys = 1U << 11,            // name: in an object
  kHashNeedsSpace = 1U << 12,  // "#" begins a comment only behind a space
  kCalls = 1U << 13,           // name( is a function
};

struct Language {
  std::string_view names;  // lower case, space between them
  CodeForm form = CodeForm::kWords;
  std::uint32_t traits = 0;
  std::string_view line_comments;  // space between them
  std::string_view block_begin, block_end;
  std::string_view quotes;
  std::string_view keywords, built_ins, literals;
};

// Nothing for a language that is not known.
const Language* find_language(std::string_view name);

// highlight.js's class of a word of the language ("keyword", "built_in", "literal"); empty: an ordinary word.
std::string_view class_of_word(const Language& language, std::string_view word);

}  // namespace sitepod::builder::markdown
