// Whether a client would take a web page (RFC 9110 §12.5.1): decides between the fallback page and a 404.
// A pure function; any thread; nothing is allocated.
#pragma once

#include <string_view>

namespace sitepod::http {

// True for an absent or empty field, and when the most specific of text/html, text/* and */* in it has a weight above
// 0.
bool accepts_html(std::string_view accept);

}  // namespace sitepod::http
