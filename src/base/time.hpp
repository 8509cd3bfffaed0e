// Wall-clock instants as they are stored and sent. Time is passed as a value: only edges call now().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sitepod {

// Milliseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t unix_ms = 0;
  auto operator<=>(const Instant&) const = default;
  std::int64_t unix_seconds() const { return unix_ms / 1000; }
};

Instant now();
// RFC 3339, UTC, to the millisecond: 2024-01-15T10:30:00.000Z
std::string to_rfc3339(Instant instant);
std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace sitepod
