// Entity tags in conditional requests (RFC 9110 §8.8.3, §13.1). Pure functions; any thread; nothing is allocated.
// A malformed list matches nothing: a visitor then gets the full answer, and a guarded write is refused.
#pragma once

#include <cstdint>
#include <string_view>

namespace sitepod::http {

enum class EtagCompare : std::uint8_t {
  Weak,    // W/"a" equals "a": If-None-Match
  Strong,  // W/"a" equals nothing: If-Match, If-Range
};

// One complete entity tag: optional W/, quotes, etagc between them.
bool is_valid_etag(std::string_view text);

// Requires: both are valid entity tags.
bool etags_equal(std::string_view a, std::string_view b, EtagCompare compare);

// `list` is the value of If-Match or If-None-Match: "*", which any existing `etag` matches, or entity tags.
// A field sent in several lines is asked line by line. Requires: etag is a valid entity tag with its quotes.
bool etag_list_matches(std::string_view list, std::string_view etag, EtagCompare compare);

}  // namespace sitepod::http
