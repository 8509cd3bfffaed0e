#include "http/chunked_decoder.hpp"

#include <gtest/gtest.h>

#include <string>

#include "http/limits.hpp"

namespace sitepod::http {
namespace {

using State = ChunkedDecoder::State;

struct Decoded {
  State state = State::NeedMore;
  std::string body;
  std::size_t consumed = 0;
  friend bool operator==(const Decoded&, const Decoded&) = default;
};

void feed_all(ChunkedDecoder& decoder, std::string_view input, Decoded& decoded) {
  while (!input.empty() && decoder.state() == State::NeedMore) {
    const ChunkedDecoder::Step step = decoder.feed(input);
    decoded.body += step.piece;
    decoded.consumed += step.consumed;
    decoded.state = step.state;
    input.remove_prefix(step.consumed);
  }
}

Decoded decode(std::string_view input) {
  ChunkedDecoder decoder;
  Decoded decoded;
  feed_all(decoder, input, decoded);
  return decoded;
}

Decoded decode_in_two(std::string_view input, std::size_t cut) {
  ChunkedDecoder decoder;
  Decoded decoded;
  feed_all(decoder, input.substr(0, cut), decoded);
  feed_all(decoder, input.substr(cut), decoded);
  return decoded;
}

constexpr std::string_view kValid[] = {
    "0\r\n\r\n",
    "5\r\nhello\r\n0\r\n\r\n",
    "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    "00005\r\nhello\r\n000\r\n\r\n",
    "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
    "2\r\n\r\n\r\n0\r\n\r\n",
    "5;a\r\nhello\r\n0;b=c;d=\"e\\\"f;\t\"\r\n\r\n",
    "5 ; a = b ; c\r\nhello\r\n0\r\n\r\n",
    "5;a=\"\xff\" ;b\r\nhello\r\n0\r\n\r\n",
    "0\r\nDigest: x\r\nEmpty:\r\nSpaced:  a b \r\n\r\n",
};

constexpr std::string_view kRefused[] = {
    "g",
    "\r\n",
    "\n",
    ";a\r\n",
    " 5\r\n",
    "+5\r\n",
    "-5\r\n",
    "0x5\r\n",
    "5\n",
    "5\r\r",
    "5\rh",
    "5 \r\n",
    "5\t\r\n",
    "5,",
    "5h",
    "5;\r\n",
    "5;a;\r\n",
    "5;a=\r\n",
    "5;=b\r\n",
    "5;a \r\n",
    "5;a=b \r\n",
    "5;a b",
    "5;a=b=c",
    "5;a=\"b\r\n",
    "5;a=\"b\"c",
    "5;a\n",
    "5;a=\"\n",
    "5;a=\"\\\n",
    "5;a@",
    "5\r\nhello\n",
    "5\r\nhello0",
    "5\r\nhello\r0",
    "5\r\nhello\r\n\r\n",
    "5\r\nhello!",
    "0\r\n\n",
    "0\r\nx\r\n",
    "0\r\n: x\r\n",
    "0\r\n a: x\r\n",
    "0\r\na : x\r\n",
    "0\r\na: x\n",
    "0\r\na: x\ry",
    "0\r\na: \x01",
    "0\r\na: x\r\n y",
    "0\r\na: x\r\n\n",
    "0\r\n\r\r",
    "00000000000000005\r\n",
    "10000000000000000\r\n",
    "fffffffffffffffff\r\n",
};

TEST(ChunkedDecoder, DecodesWholeBodies) {
  EXPECT_EQ(decode(kValid[0]).body, "");
  EXPECT_EQ(decode(kValid[1]).body, "hello");
  EXPECT_EQ(decode(kValid[2]).body, "hello world");
  EXPECT_EQ(decode(kValid[4]).body, "01234567890123456789");
  EXPECT_EQ(decode(kValid[5]).body, "\r\n");
  for (const std::string_view input : kValid) {
    EXPECT_EQ(decode(input).state, State::Done) << input;
    EXPECT_EQ(decode(input).consumed, input.size()) << input;
  }
}

TEST(ChunkedDecoder, LeavesTheNextMessageAlone) {
  for (const std::string_view input : kValid) {
    const Decoded decoded = decode(std::string(input) + "GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(decoded.state, State::Done);
    EXPECT_EQ(decoded.consumed, input.size());
  }
}

TEST(ChunkedDecoder, RefusesEveryOtherSyntax) {
  for (const std::string_view input : kRefused) EXPECT_EQ(decode(input).state, State::Refused) << input;
  EXPECT_EQ(decode(std::string_view("5\0", 2)).state, State::Refused);
}

TEST(ChunkedDecoder, RefusesAtTheFirstWrongByteAndStaysRefused) {
  // The last byte of each is wrong, and what precedes it could still become right.
  for (const std::string_view input : {"g", "5\n", "5 \r", "5;\r", "5;a=\"b\"c", "5\r\nhello!", "5\r\nhello\rx",
                                       "0\r\n:", "0\r\na ", "0\r\na: x\r\n "}) {
    EXPECT_EQ(decode(input.substr(0, input.size() - 1)).state, State::NeedMore) << input;
    EXPECT_EQ(decode(input).state, State::Refused) << input;
    EXPECT_EQ(decode(input).consumed, input.size() - 1) << input;
  }
  ChunkedDecoder decoder;
  EXPECT_EQ(decoder.feed("x").state, State::Refused);
  EXPECT_EQ(decoder.feed("0\r\n\r\n").state, State::Refused);
  EXPECT_EQ(decoder.feed("0\r\n\r\n").consumed, 0u);
  decoder.reset();
  EXPECT_EQ(decoder.feed("0\r\n\r\n").state, State::Done);
}

TEST(ChunkedDecoder, NoBeginningOfABodyIsComplete) {
  for (const std::string_view input : kValid)
    for (std::size_t length = 0; length < input.size(); ++length)
      EXPECT_EQ(decode(input.substr(0, length)).state, State::NeedMore) << input;
}

TEST(ChunkedDecoder, DecodesTheSameHoweverTheBytesArrive) {
  for (const std::string_view input : kValid) {
    Decoded byte_by_byte;
    ChunkedDecoder decoder;
    for (const char& c : input) feed_all(decoder, {&c, 1}, byte_by_byte);
    EXPECT_EQ(byte_by_byte, decode(input)) << input;
    for (std::size_t cut = 0; cut <= input.size(); ++cut)
      EXPECT_EQ(decode_in_two(input, cut), decode(input)) << input << cut;
  }
  for (const std::string_view input : kRefused)
    for (std::size_t cut = 0; cut <= input.size(); ++cut)
      EXPECT_EQ(decode_in_two(input, cut), decode(input)) << input << cut;
}

TEST(ChunkedDecoder, AcceptsSizesUpToTheLargestLengthAndNotOneMore) {
  ChunkedDecoder decoder;
  EXPECT_EQ(decoder.feed("7fffffffffffffff\r\n").state, State::NeedMore);
  EXPECT_EQ(decoder.feed("x").piece, "x");
  EXPECT_EQ(decode("8000000000000000\r\n").state, State::Refused);
  EXPECT_EQ(decode("ffffffffffffffff\r\n").state, State::Refused);
}

TEST(ChunkedDecoder, ExtensionsOfExactlyTheLimitAreAcceptedAndOneMoreByteIsNot) {
  // ";" and the name count, over all chunks together.
  const auto body = [](std::size_t bytes) {
    return "1;" + std::string(bytes / 2 - 1, 'a') + "\r\nx\r\n0;" + std::string(bytes - bytes / 2 - 1, 'b') +
           "\r\n\r\n";
  };
  EXPECT_EQ(decode(body(kMaxChunkExtensionBytes)).state, State::Done);
  EXPECT_EQ(decode(body(kMaxChunkExtensionBytes + 1)).state, State::Refused);
  EXPECT_EQ(decode("1;" + std::string(kMaxChunkExtensionBytes, ' ')).state, State::Refused);
}

TEST(ChunkedDecoder, TrailersOfExactlyTheLimitAreAcceptedAndOneMoreByteIsNot) {
  const auto body = [](std::size_t bytes) { return "0\r\nA:" + std::string(bytes - 4, 'x') + "\r\n\r\n"; };
  EXPECT_EQ(decode(body(kMaxTrailerBytes)).state, State::Done);
  EXPECT_EQ(decode(body(kMaxTrailerBytes + 1)).state, State::Refused);
}

}  // namespace
}  // namespace sitepod::http
