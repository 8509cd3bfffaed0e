// A page's plain text, cut for descriptions and for searching. Pure; any thread; the same in every locale.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sitepod::builder {

// The beginning, at most `max_bytes` and an ellipsis, cut between words; white space as single spaces.
std::string excerpt_of(std::string_view text, std::size_t max_bytes);
// Every word once, in lower case, in the order of first use, with spaces between. At most 64 KiB.
std::string search_words_of(std::string_view text);

}  // namespace sitepod::builder
