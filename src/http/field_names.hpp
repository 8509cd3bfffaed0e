// Which of the fields that decide something a name is. Hot path: once per field of every request; allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/request_head.hpp"

namespace sitepod::http {

// The members of Known under their own numbers, then the fields that the parser itself obeys.
enum class FieldId : std::uint8_t {
  Host = static_cast<std::uint8_t>(Known::kCount),
  Connection,
  ContentLength,
  Expect,
  TransferEncoding,
  Unknown,
};
constexpr FieldId to_field_id(Known known) { return static_cast<FieldId>(known); }
constexpr bool is_known(FieldId id) { return static_cast<std::uint8_t>(id) < static_cast<std::uint8_t>(Known::kCount); }

// Requires: name is a token (RFC 9110 §5.6.2).
FieldId identify_field(std::string_view name);

}  // namespace sitepod::http
