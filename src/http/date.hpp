// HTTP dates (RFC 9110 §5.6.7): written as IMF-fixdate, read in all three forms. Pure functions; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <ctime>
#include <optional>
#include <string_view>

namespace sitepod::http {

inline constexpr std::size_t kHttpDateBytes = 29;

// A formatted date that owns its characters: "Sun, 06 Nov 1994 08:49:37 GMT".
struct HttpDate {
  std::array<char, kHttpDateBytes> characters;
  std::string_view view() const { return {characters.data(), characters.size()}; }
};

// Years outside 0 to 9999 do not fit the format and are clamped to its ends.
HttpDate format_http_date(std::time_t time);

// IMF-fixdate, RFC 850 or asctime form, exactly; the name of the weekday must be one but need not fit the date.
// `now` decides the century of RFC 850's two-digit year. Nothing when it is not a date: the caller then ignores the
// field.
std::optional<std::time_t> parse_http_date(std::string_view text, std::time_t now);

}  // namespace sitepod::http
