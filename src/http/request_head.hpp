// The head of one HTTP/1.1 request as the parser leaves it: views into the connection's input buffer, nothing copied.
// A value; valid as long as the buffer it was parsed from stays in place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/limits.hpp"

namespace sitepod::http {

enum class Method : std::uint8_t { Get, Head, Post, Put, Patch, Delete, Options, Other };

struct Field {
  std::string_view name;   // as sent; compare without case
  std::string_view value;  // without surrounding white space
};

enum class BodyFraming : std::uint8_t { None, Length, Chunked };

// Fields that the data plane asks for on every request; the parser files them while it passes them.
// A field sent twice is joined nowhere: the first stands here and `repeated` is set (If-None-Match lists are then read
// from `fields`).
enum class Known : std::uint8_t {
  Accept,
  AcceptEncoding,
  Authorization,
  ContentType,
  Cookie,
  IfMatch,
  IfModifiedSince,
  IfNoneMatch,
  IfRange,
  IfUnmodifiedSince,
  Range,
  SecFetchMode,
  kCount,
};

struct RequestHead {
  Method method = Method::Other;
  std::string_view method_text;
  std::string_view target;  // exactly as sent
  std::string_view path;    // the target's path, still percent-encoded: begins with "/" ("*" only for OPTIONS)
  std::string_view query;   // behind "?", without it
  bool has_query = false;
  std::uint8_t minor_version = 1;  // HTTP/1.minor
  // The authority of an absolute-form target, else the Host field; port and one trailing dot removed; not lower-cased.
  // Empty only in HTTP/1.0 without Host.
  std::string_view host;
  BodyFraming framing = BodyFraming::None;
  std::uint64_t content_length = 0;  // with BodyFraming::Length
  bool keep_alive = true;
  bool expect_continue = false;

  std::size_t field_count = 0;
  std::array<Field, kMaxFields> fields;
  // Only what `present` says is set: clearing the rest for every request would cost more than asking.
  std::array<std::string_view, static_cast<std::size_t>(Known::kCount)> known;
  std::uint32_t present = 0;   // bit per Known
  std::uint32_t repeated = 0;  // bit per Known

  std::span<const Field> all_fields() const { return {fields.data(), field_count}; }
  // Empty when absent; presence of an empty field makes no difference to any rule we implement, except where has() is
  // asked.
  std::string_view operator[](Known known_field) const {
    return has(known_field) ? known[static_cast<std::size_t>(known_field)] : std::string_view();
  }
  bool has(Known known_field) const { return present >> static_cast<unsigned>(known_field) & 1u; }
  bool is_repeated(Known known_field) const { return repeated >> static_cast<unsigned>(known_field) & 1u; }
  // First field of that name (any case), or a view whose data() is null.
  std::string_view find(std::string_view name) const;
};

}  // namespace sitepod::http
