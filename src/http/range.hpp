// What one Range field asks of a file of a known size (RFC 9110 §14): one part, the whole, or nothing that exists.
// A pure function; any thread; allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace sitepod::http {

struct RangeChoice {
  enum class Kind : std::uint8_t {
    Whole,          // 200: no range, or one that a server must or may ignore (malformed, other unit, several ranges)
    Part,           // 206 with `first` and `length`; length is never 0
    Unsatisfiable,  // 416 with "Content-Range: bytes */size"
  };
  Kind kind = Kind::Whole;
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

// `field` is the value of Range; several ranges are answered with the whole file, as §14.2 permits.
RangeChoice choose_range(std::string_view field, std::uint64_t size);

}  // namespace sitepod::http
