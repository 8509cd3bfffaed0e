// Colours for blocks of code: spans with the classes of highlight.js, so that its themes fit. A scanner of its own for
// each family of languages, not a parser: it knows comments, strings, numbers, words and calls. Decision 12 says why.
// Pure; any thread; linear.
#pragma once

#include <string>
#include <string_view>

namespace sitepod::builder::markdown {

// Appends the code as HTML. Plain, escaped text when the language is not known or the block is too long to be read.
void append_highlighted(std::string_view code, std::string_view language, std::string& out);

}  // namespace sitepod::builder::markdown
