// The pairs of a Cookie field (RFC 6265 §4.2.1), read leniently: what is no pair is passed over.
// A value; points into the field. Hot path where sites have environments to choose from; allocates nothing.
#pragma once

#include <string_view>

namespace sitepod::http {

class CookieReader {
 public:
  explicit CookieReader(std::string_view field) : rest_(field) {}

  // Moves to the next pair; false at the end.
  bool next();
  // Without surrounding spaces; never empty.
  std::string_view name() const { return name_; }
  // Without surrounding spaces, quotes kept.
  std::string_view value() const { return value_; }

 private:
  std::string_view rest_;
  std::string_view name_;
  std::string_view value_;
};

}  // namespace sitepod::http
