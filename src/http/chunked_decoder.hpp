// Strict incremental decoder of the chunked transfer coding (RFC 9112 §7.1): exact CRLF, plain hexadecimal sizes, chunk
// extensions and trailers checked, limited and discarded. Refuses at the first wrong byte.
// Owned by one connection; worker thread only; copies and allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sitepod::http {

class ChunkedDecoder {
 public:
  enum class State : std::uint8_t {
    NeedMore,  // the body goes on behind this input
    Done,      // the body and its trailers are complete
    Refused,   // answer 400 and close; every further feed() says the same
  };

  struct Step {
    State state = State::NeedMore;
    std::size_t consumed = 0;  // bytes of the input that are dealt with
    std::string_view piece;    // body bytes, a view into the input; may be empty
  };

  // Takes in framing and at most one stretch of body, so callers loop:
  //   while (!input.empty() && decoder.state() == State::NeedMore) { step = feed(input); use(step.piece); drop
  //   step.consumed }
  // Every call with input consumes some of it, unless it refuses. After Done, what follows `consumed` is the next
  // message.
  Step feed(std::string_view input);

  State state() const;
  void reset() { *this = ChunkedDecoder(); }

 private:
  // What the next byte has to be.
  enum class Expect : std::uint8_t {
    FirstDigit,
    Digit,  // or the end of the size
    SpaceBeforeSemicolon,
    NameStart,  // of an extension, behind ";" and white space
    Name,
    SpaceBehindName,
    ValueStart,  // behind "=" and white space
    ValueToken,
    ValueQuoted,
    ValueEscaped,
    ValueEnd,  // behind the closing quote
    SizeLineFeed,
    Data,
    DataReturn,
    DataLineFeed,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLineFeed,
    FinalLineFeed,
    Done,
    Refused,
  };

  Expect after_byte(char c);
  Expect after_size_byte(char c);
  Expect after_extension_byte(char c);
  Expect after_trailer_byte(char c);
  Expect count_extension_byte(Expect next);
  Expect count_trailer_byte(Expect next);

  Expect expect_ = Expect::FirstDigit;
  std::uint64_t left_ = 0;  // the chunk's size while it is read, then what is missing of its data
  std::size_t size_digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace sitepod::http
