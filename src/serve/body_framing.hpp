// Where a request's body ends: takes it out of the input, whichever way it is framed.
// A value of one connection; worker thread only. Copies nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/chunked_decoder.hpp"
#include "http/request_head.hpp"

namespace sitepod::serve {

class BodyFraming {
 public:
  enum class State : std::uint8_t { Incomplete, Complete, Refused };

  explicit BodyFraming(const http::RequestHead& head);

  State state() const { return state_; }
  // What is missing at least; of a chunked body nobody knows.
  bool is_chunked() const { return framing_ == http::BodyFraming::Chunked; }
  std::uint64_t missing_bytes() const { return missing_; }

  // Cuts what belongs to the body off the front of `input` and calls `use` with each stretch of content.
  template <typename Use>
  void take(std::string_view& input, Use use) {
    while (state_ == State::Incomplete && !input.empty()) use(next_piece(input));
  }

 private:
  std::string_view next_piece(std::string_view& input);

  http::BodyFraming framing_;
  State state_;
  std::uint64_t missing_ = 0;
  http::ChunkedDecoder chunks_;
};

}  // namespace sitepod::serve
