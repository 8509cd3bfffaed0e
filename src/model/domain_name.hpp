// The names under which sites are shown outside the base domain: custom domains and the paths on a host (deploy API
// §9), each parsed once at the edge into a form that cannot be wrong. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sitepod::model {

// A domain that somebody may own: trimmed, lower-cased, international names as punycode (UTS 46, non-transitional), one
// trailing dot dropped; at least two labels of 1 to 63 letters, digits and inner hyphens, at most 253 characters. IP
// addresses, ports, wildcards and public suffixes ("co.uk") are refused.
Result<std::string> parse_domain_name(std::string_view text);

// "/", or "/x/y": a slash in front, none behind, segments as in manifest paths, at most 255 bytes. Without
// "__preview__" in front, which the server itself answers.
Result<std::string> parse_slug(std::string_view text);

// Trimmed, lower-cased in ASCII, without one trailing dot: to compare what a person typed with a known host name.
std::string plain_host(std::string_view text);
// Whether `domain` is `base` or ends in "." and `base`. Both lower-case.
bool is_at_or_under(std::string_view domain, std::string_view base);

}  // namespace sitepod::model
