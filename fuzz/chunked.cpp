// The chunked decoder: the same result however the bytes arrive, and agreement with a naive reader of whole bodies.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "http/chunked_decoder.hpp"
#include "http/limits.hpp"

namespace {

using sitepod::http::ChunkedDecoder;
using State = ChunkedDecoder::State;

struct Decoded {
  State state = State::NeedMore;
  std::string body;
  std::size_t consumed = 0;
  friend bool operator==(const Decoded&, const Decoded&) = default;
};

void feed_all(ChunkedDecoder& decoder, std::string_view input, Decoded& decoded) {
  const std::vector<char> copy(input.begin(), input.end());
  std::string_view rest(copy.data(), copy.size());
  while (!rest.empty() && decoder.state() == State::NeedMore) {
    const ChunkedDecoder::Step step = decoder.feed(rest);
    SITEPOD_CHECK(step.consumed > 0 || step.state == State::Refused);
    SITEPOD_CHECK(step.consumed <= rest.size() && step.state == decoder.state());
    SITEPOD_CHECK(step.piece.empty() || (step.piece.data() >= rest.data() &&
                                         step.piece.data() + step.piece.size() <= rest.data() + step.consumed));
    decoded.body += step.piece;
    decoded.consumed += step.consumed;
    decoded.state = step.state;
    rest.remove_prefix(step.consumed);
  }
}

// Reads complete bodies by the grammar of RFC 9112 §7.1, line by line; nothing for what is incomplete or wrong.
std::optional<Decoded> read_naively(const std::string& input) {
  static const std::regex kSizeLine(
      "([0-9a-fA-F]{1,16})"
      "([ \\t]*;[ \\t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+"
      "([ \\t]*=[ \\t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+|\"([\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*\"))?)*",
      std::regex::optimize);
  static const std::regex kTrailerLine("[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\\t -~\\x80-\\xff]*", std::regex::optimize);
  Decoded decoded;
  std::size_t at = 0;
  std::size_t extensions = 0;
  const auto next_line = [&](std::string& line) {
    const std::size_t end = input.find("\r\n", at);
    if (end == std::string::npos) return false;
    line = input.substr(at, end - at);
    at = end + 2;
    return true;
  };
  for (std::string line; next_line(line);) {
    std::smatch match;
    if (!std::regex_match(line, match, kSizeLine)) return std::nullopt;
    extensions += line.size() - match[1].str().size();
    if (extensions > sitepod::http::kMaxChunkExtensionBytes) return std::nullopt;
    const std::uint64_t size = std::stoull(match[1].str(), nullptr, 16);
    if (size == 0) {
      const std::size_t trailers = at;
      while (next_line(line)) {
        if (line.empty()) {
          decoded.consumed = at;
          decoded.state = State::Done;
          if (at - 2 - trailers > sitepod::http::kMaxTrailerBytes) return std::nullopt;
          return decoded;
        }
        if (!std::regex_match(line, kTrailerLine)) return std::nullopt;
      }
      return std::nullopt;
    }
    if (size > input.size() - at || input.compare(at + size, 2, "\r\n") != 0) return std::nullopt;
    decoded.body += input.substr(at, size);
    at += size + 2;
  }
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  Decoded whole;
  ChunkedDecoder decoder;
  feed_all(decoder, input, whole);
  const std::size_t step = size / 64 + 1;
  for (std::size_t cut = 0; cut <= size; cut += step) {
    Decoded pieces;
    ChunkedDecoder other;
    feed_all(other, std::string_view(input).substr(0, cut), pieces);
    feed_all(other, std::string_view(input).substr(cut), pieces);
    SITEPOD_CHECK(pieces == whole);
  }
  // The standard library's regular expressions recurse once per character, which a long line would not survive.
  if (size > 4096) return 0;
  const auto naive = read_naively(input);
  SITEPOD_CHECK(naive.has_value() == (whole.state == State::Done));
  if (naive) SITEPOD_CHECK(*naive == whole);
  return 0;
}
