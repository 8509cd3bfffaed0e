// What a client would take (RFC 9110 §12.5.1): a web page, which decides between the fallback page and a 404, or a type
// that it names. Pure functions; any thread; nothing is allocated.
#pragma once

#include <string_view>

namespace sitepod::http {

// True for an absent or empty field, and when the most specific of text/html, text/* and */* in it has a weight above
// 0.
bool accepts_html(std::string_view accept);
// The weight, 0 to 1000, with which the field names `media_type` itself, in any case; -1 where it does not: "*/*" and
// "application/*" name nothing.
int named_weight(std::string_view accept, std::string_view media_type);

}  // namespace sitepod::http
