#include "serve/body_framing.hpp"

#include <algorithm>

namespace sitepod::serve {

BodyFraming::BodyFraming(const http::RequestHead& head) : framing_(head.framing) {
  if (framing_ == http::BodyFraming::Length) missing_ = head.content_length;
  state_ = missing_ > 0 || is_chunked() ? State::Incomplete : State::Complete;
}

std::string_view BodyFraming::next_piece(std::string_view& input) {
  if (is_chunked()) {
    const http::ChunkedDecoder::Step step = chunks_.feed(input);
    input.remove_prefix(step.consumed);
    if (step.state == http::ChunkedDecoder::State::Done) state_ = State::Complete;
    if (step.state == http::ChunkedDecoder::State::Refused) state_ = State::Refused;
    return step.piece;
  }
  const std::string_view piece =
      input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(missing_, input.size())));
  input.remove_prefix(piece.size());
  missing_ -= piece.size();
  if (missing_ == 0) state_ = State::Complete;
  return piece;
}

}  // namespace sitepod::serve
