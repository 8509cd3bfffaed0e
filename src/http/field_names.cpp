#include "http/field_names.hpp"

#include <cstring>

namespace sitepod::http {

namespace {

template <typename Word>
Word load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

// Bit 0x20 makes letters lower-case and leaves "-" and digits alone; no other token character becomes a letter or "-"
// by it.
template <typename Word>
bool words_equal(const char* name, const char* lower) {
  constexpr Word kLowerCase = static_cast<Word>(0x2020202020202020u);
  return (load<Word>(name) | kLowerCase) == load<Word>(lower);
}

// Whether `name`, which is as long as `lower`, equals it without case. The words at both ends may overlap.
template <std::size_t Size>
bool is(std::string_view name, const char (&lower)[Size]) {
  constexpr std::size_t kLength = Size - 1;
  static_assert(kLength >= 4 && kLength <= 24);
  const char* text = name.data();
  if constexpr (kLength < 8) {
    constexpr std::size_t kLast = kLength - 4;
    return words_equal<std::uint32_t>(text, lower) && words_equal<std::uint32_t>(text + kLast, lower + kLast);
  } else {
    constexpr std::size_t kLast = kLength - 8;
    if (!words_equal<std::uint64_t>(text, lower) || !words_equal<std::uint64_t>(text + kLast, lower + kLast))
      return false;
    if constexpr (kLength > 16) return words_equal<std::uint64_t>(text + 8, lower + 8);
    return true;
  }
}

constexpr FieldId id(Known known) { return to_field_id(known); }

}  // namespace

FieldId identify_field(std::string_view name) {
  switch (name.size()) {
    case 4:
      if (is(name, "host")) return FieldId::Host;
      break;
    case 5:
      if (is(name, "range")) return id(Known::Range);
      break;
    case 6:
      if (is(name, "accept")) return id(Known::Accept);
      if (is(name, "cookie")) return id(Known::Cookie);
      if (is(name, "expect")) return FieldId::Expect;
      break;
    case 8:
      if (is(name, "if-match")) return id(Known::IfMatch);
      if (is(name, "if-range")) return id(Known::IfRange);
      break;
    case 10:
      if (is(name, "connection")) return FieldId::Connection;
      break;
    case 12:
      if (is(name, "content-type")) return id(Known::ContentType);
      break;
    case 13:
      if (is(name, "if-none-match")) return id(Known::IfNoneMatch);
      if (is(name, "authorization")) return id(Known::Authorization);
      break;
    case 14:
      if (is(name, "content-length")) return FieldId::ContentLength;
      if (is(name, "sec-fetch-mode")) return id(Known::SecFetchMode);
      break;
    case 15:
      if (is(name, "accept-encoding")) return id(Known::AcceptEncoding);
      break;
    case 17:
      if (is(name, "if-modified-since")) return id(Known::IfModifiedSince);
      if (is(name, "transfer-encoding")) return FieldId::TransferEncoding;
      break;
    case 19:
      if (is(name, "if-unmodified-since")) return id(Known::IfUnmodifiedSince);
      break;
    default:
      break;
  }
  return FieldId::Unknown;
}

}  // namespace sitepod::http
