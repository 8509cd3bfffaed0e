#include "http/chunked_decoder.hpp"

#include <algorithm>

#include "http/limits.hpp"
#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

// 64 bits, so no size overflows. Leading zeros count: they would otherwise be input without end.
constexpr std::size_t kMaxSizeDigits = 16;
// As much as a Content-Length can say. Nobody sends that: waiting for it would only end by the deadline.
constexpr std::uint64_t kMaxChunkBytes = INT64_MAX;

bool is_value_char(char c) { return has_class(c, kFieldValueBit); }

}  // namespace

ChunkedDecoder::State ChunkedDecoder::state() const {
  if (expect_ == Expect::Done) return State::Done;
  return expect_ == Expect::Refused ? State::Refused : State::NeedMore;
}

ChunkedDecoder::Step ChunkedDecoder::feed(std::string_view input) {
  std::size_t i = 0;
  while (i < input.size() && state() == State::NeedMore) {
    if (expect_ == Expect::Data) {
      const std::string_view piece =
          input.substr(i, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - i)));
      left_ -= piece.size();
      if (left_ == 0) expect_ = Expect::DataReturn;
      return {state(), i + piece.size(), piece};
    }
    expect_ = after_byte(input[i]);
    if (expect_ != Expect::Refused) ++i;
  }
  return {state(), i, {}};
}

ChunkedDecoder::Expect ChunkedDecoder::after_byte(char c) {
  switch (expect_) {
    case Expect::FirstDigit:
    case Expect::Digit:
      return after_size_byte(c);
    case Expect::SizeLineFeed:
      if (c != '\n') return Expect::Refused;
      return left_ > 0 ? Expect::Data : Expect::TrailerStart;
    case Expect::DataReturn:
      return c == '\r' ? Expect::DataLineFeed : Expect::Refused;
    case Expect::DataLineFeed:
      if (c != '\n') return Expect::Refused;
      size_digits_ = 0;
      return Expect::FirstDigit;
    case Expect::TrailerStart:
    case Expect::TrailerName:
    case Expect::TrailerValue:
    case Expect::TrailerLineFeed:
      return after_trailer_byte(c);
    case Expect::FinalLineFeed:
      return c == '\n' ? Expect::Done : Expect::Refused;
    case Expect::Data:
    case Expect::Done:
    case Expect::Refused:
      return expect_;
    default:
      return after_extension_byte(c);
  }
}

ChunkedDecoder::Expect ChunkedDecoder::after_size_byte(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    if (++size_digits_ > kMaxSizeDigits) return Expect::Refused;
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    return left_ > kMaxChunkBytes ? Expect::Refused : Expect::Digit;
  }
  if (expect_ == Expect::FirstDigit) return Expect::Refused;
  if (c == '\r') return Expect::SizeLineFeed;
  if (c == ';') return count_extension_byte(Expect::NameStart);
  return is_whitespace(c) ? count_extension_byte(Expect::SpaceBeforeSemicolon) : Expect::Refused;
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ); a name or value that is complete may be
// followed by white space only when another extension or the value follows it.
ChunkedDecoder::Expect ChunkedDecoder::after_extension_byte(char c) {
  const bool may_end = expect_ == Expect::Name || expect_ == Expect::ValueToken || expect_ == Expect::ValueEnd;
  if (c == '\r' && may_end) return Expect::SizeLineFeed;
  Expect next = Expect::Refused;
  switch (expect_) {
    case Expect::SpaceBeforeSemicolon:
      next = is_whitespace(c) ? expect_ : c == ';' ? Expect::NameStart : Expect::Refused;
      break;
    case Expect::NameStart:
      next = is_whitespace(c) ? expect_ : is_token_char(c) ? Expect::Name : Expect::Refused;
      break;
    case Expect::Name:
      if (is_token_char(c)) return count_extension_byte(expect_);
      [[fallthrough]];
    case Expect::SpaceBehindName:
      if (c == '=') next = Expect::ValueStart;
      if (c == ';') next = Expect::NameStart;
      if (is_whitespace(c)) next = Expect::SpaceBehindName;
      break;
    case Expect::ValueStart:
      next = is_whitespace(c)   ? expect_
             : c == '"'         ? Expect::ValueQuoted
             : is_token_char(c) ? Expect::ValueToken
                                : Expect::Refused;
      break;
    case Expect::ValueQuoted:
      if (is_value_char(c)) next = c == '"' ? Expect::ValueEnd : c == '\\' ? Expect::ValueEscaped : expect_;
      break;
    case Expect::ValueEscaped:
      if (is_value_char(c)) next = Expect::ValueQuoted;
      break;
    case Expect::ValueToken:
      if (is_token_char(c)) return count_extension_byte(expect_);
      [[fallthrough]];
    case Expect::ValueEnd:
      next = c == ';' ? Expect::NameStart : is_whitespace(c) ? Expect::SpaceBeforeSemicolon : Expect::Refused;
      break;
    default:
      break;
  }
  return count_extension_byte(next);
}

ChunkedDecoder::Expect ChunkedDecoder::after_trailer_byte(char c) {
  switch (expect_) {
    case Expect::TrailerStart:
      if (c == '\r') return Expect::FinalLineFeed;
      return count_trailer_byte(is_token_char(c) ? Expect::TrailerName : Expect::Refused);
    case Expect::TrailerName:
      if (c == ':') return count_trailer_byte(Expect::TrailerValue);
      return count_trailer_byte(is_token_char(c) ? expect_ : Expect::Refused);
    case Expect::TrailerValue:
      if (c == '\r') return count_trailer_byte(Expect::TrailerLineFeed);
      return count_trailer_byte(is_value_char(c) ? expect_ : Expect::Refused);
    default:
      return count_trailer_byte(c == '\n' ? Expect::TrailerStart : Expect::Refused);
  }
}

ChunkedDecoder::Expect ChunkedDecoder::count_extension_byte(Expect next) {
  return ++extension_bytes_ > kMaxChunkExtensionBytes ? Expect::Refused : next;
}

ChunkedDecoder::Expect ChunkedDecoder::count_trailer_byte(Expect next) {
  return ++trailer_bytes_ > kMaxTrailerBytes ? Expect::Refused : next;
}

}  // namespace sitepod::http
