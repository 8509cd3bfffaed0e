#include "http/range.hpp"

#include <algorithm>
#include <limits>

#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

// Digits only. A number beyond 64 bits is legal and larger than every file, so it saturates.
bool parse_position(std::string_view digits, std::uint64_t& value) {
  value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (kMax - digit) / 10 ? kMax : value * 10 + digit;
  }
  return !digits.empty();
}

RangeChoice choose_suffix(std::string_view digits, std::uint64_t size) {
  std::uint64_t length = 0;
  if (!parse_position(digits, length)) return {};
  if (length == 0) return {RangeChoice::Kind::Unsatisfiable, 0, 0};
  // A suffix of an empty file is satisfiable, but no Content-Range can describe its zero bytes: serve the whole.
  if (size == 0) return {};
  length = std::min(length, size);
  return {RangeChoice::Kind::Part, size - length, length};
}

}  // namespace

RangeChoice choose_range(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (field.size() <= kUnit.size() || !equal_ignoring_case(field.substr(0, kUnit.size()), kUnit)) return {};
  const std::string_view spec = trim_whitespace(field.substr(kUnit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  if (dash == 0) return choose_suffix(spec.substr(1), size);

  std::uint64_t first = 0;
  std::uint64_t last = kMax;
  if (!parse_position(spec.substr(0, dash), first)) return {};
  const std::string_view last_digits = spec.substr(dash + 1);
  if (!last_digits.empty() && !parse_position(last_digits, last)) return {};
  if (last < first) return {};  // §14.1.1: invalid, so the field is ignored
  if (first >= size) return {RangeChoice::Kind::Unsatisfiable, 0, 0};
  return {RangeChoice::Kind::Part, first, std::min(last, size - 1) - first + 1};
}

}  // namespace sitepod::http
