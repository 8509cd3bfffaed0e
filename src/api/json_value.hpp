// A small JSON request body as a value, strict where libraries are lenient: a name twice in one object and deep nesting
// are refused. An integer beyond 64 bits is a Fraction, which no field takes for an integer. A value; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sitepod::api {

struct JsonValue {
  enum class Kind : std::uint8_t { Null, Boolean, Integer, Fraction, Text, Array, Object };

  Kind kind = Kind::Null;
  bool boolean = false;
  std::int64_t integer = 0;
  double fraction = 0;
  std::string text;
  std::vector<JsonValue> items;
  std::vector<std::pair<std::string, JsonValue>> members;

  // Defined out of line: clang 14 would otherwise need the complete type inside the class, for `members`.
  JsonValue();
  ~JsonValue();
  JsonValue(const JsonValue&);
  JsonValue& operator=(const JsonValue&);
  JsonValue(JsonValue&&) noexcept;
  JsonValue& operator=(JsonValue&&) noexcept;

  // Null when absent.
  const JsonValue* find(std::string_view name) const;
};

inline constexpr std::size_t kMaxJsonDepth = 32;
// A body of a megabyte can hold half a million empty arrays; nothing legitimate comes near this.
inline constexpr std::size_t kMaxJsonValues = 20'000;

// Errors: "invalid_json". An answer of a server that is trusted so far may hold more values than a request.
Result<JsonValue> parse_json(std::string_view text, std::size_t max_values = kMaxJsonValues);

}  // namespace sitepod::api
