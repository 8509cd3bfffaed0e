// Request paths and queries between their percent-encoded form on the wire and the bytes they mean (RFC 3986).
// Pure functions; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sitepod::http {

// Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);

// Decodes a request's path once. Nothing when a "%" lacks its two digits, when the result holds NUL or is not UTF-8, or
// when `buffer` is too small (a buffer as long as the path always suffices). "+" stays a plus; "." and ".." are
// ordinary names, because a path is only ever a key of a map. The result points into `buffer`, or into `path` when
// nothing was encoded. Hot path: does not allocate.
std::optional<std::string_view> decode_path(std::string_view path, std::span<char> buffer);

// The value of the first parameter of that name in "a=1&b=2", decoded as forms are: "+" is a space, and a "%" without
// two digits stays as it is. A parameter without "=" is empty; an absent one is nothing. The value is bytes from
// outside: any.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

// A path as it stands in a URL: everything but unreserved characters, sub-delims, ":", "@" and "/" is encoded. A path
// that begins with "//" comes out as "/%2F…", which decodes to the same path but cannot be read as another host's
// address.
std::string encode_path(std::string_view path);

// One path segment or query value: everything but unreserved characters is encoded.
std::string encode_component(std::string_view text);

}  // namespace sitepod::http
