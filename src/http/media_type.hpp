// Whether a text is a media type that may stand in a Content-Type field (RFC 9110 §8.3.1). Pure; any thread.
#pragma once

#include <string_view>

namespace sitepod::http {

// type "/" subtype and parameters, all in visible ASCII; wildcards are ranges, not types, and are refused.
bool is_valid_media_type(std::string_view text);

}  // namespace sitepod::http
