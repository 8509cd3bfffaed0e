// The mark that some editors and shells put before a JSON text: RFC 8259 §8.1 lets a reader ignore it, and without it
// the text is what was meant. A value that belongs to one text; one thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.hpp"
#include "base/result.hpp"

namespace sitepod::api {

class ByteOrderMark {
 public:
  // Takes the mark's bytes off the text's next piece, which may end within it. Errors: "invalid_json".
  Result<void> take_off(std::string_view& piece) {
    constexpr std::string_view kMark = "\xef\xbb\xbf";
    for (; taken_ < kMark.size() && !piece.empty(); piece.remove_prefix(1), ++taken_) {
      if (piece.front() == kMark[taken_]) continue;
      if (taken_ != 0) return invalid("invalid_json", "The body begins with half of a byte order mark.");
      taken_ = kMark.size();
      return {};
    }
    return {};
  }

 private:
  std::size_t taken_ = 0;  // all of them: the mark is behind the reader, or there was none
};

}  // namespace sitepod::api
