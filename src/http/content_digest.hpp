// Content-Digest (RFC 9530 §2): which SHA-256 the bytes of a message's body must have. A pure function; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::http {

// Nothing: the field has no sha-256; other algorithms are passed over, as the RFC wants it. Errors: "invalid_request"
// for a sha-256 that is none. Requires: a field's value as it was sent, or several joined by commas.
Result<std::optional<Digest>> parse_content_digest(std::string_view field);

}  // namespace sitepod::http
