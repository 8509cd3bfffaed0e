// Incremental reader of multipart/form-data bodies (RFC 7578, RFC 2046 §5.1): parts of any size in bounded memory. The
// same result however the bytes arrive. Refuses at the first wrong byte, also what two readers could understand
// differently: a boundary line with something behind the boundary, bare line feeds between headers, folded headers,
// content codings. A value of one request; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/form_disposition.hpp"

namespace sitepod::http {

class MultipartReader {
 public:
  // Requires: a boundary from boundary_of().
  explicit MultipartReader(std::string_view boundary);

  enum class Event : std::uint8_t {
    NeedMore,   // the input is used up
    PartBegin,  // part() tells whose content follows
    Content,    // `piece` is content of the part
    PartEnd,    // the part is complete
    Done,       // the closing boundary was read; what follows is skipped
    Refused,    // answer 400 with problem(); every further feed() says the same
  };

  struct Step {
    Event event = Event::NeedMore;
    std::size_t consumed = 0;  // bytes of the input that are dealt with; zero is possible when an event is owed
    std::string_view piece;    // points into the input or into this reader, until the next feed()
  };

  struct Part {
    FormDisposition disposition;
    std::string media_type;  // as declared; empty when not
  };

  // Up to one event, so callers loop until NeedMore, Done or Refused, dropping `consumed` bytes each time.
  Step feed(std::string_view input);

  // Valid from PartBegin to the next PartBegin.
  const Part& part() const { return part_; }
  // Whether the closing boundary was read: a body that ends before it is incomplete.
  bool is_done() const { return expect_ == Expect::Epilogue; }
  // A sentence for the sender.
  std::string_view problem() const { return problem_; }

 private:
  enum class Expect : std::uint8_t {
    Preamble,
    BehindBoundary,  // "-", white space or the end of the line
    SecondDash,
    Padding,  // white space between the boundary and the end of its line
    LineFeed,
    Head,
    Content,
    Epilogue,
    Refused,
  };

  Step refuse(std::string_view problem, std::size_t consumed = 0);
  Step read_boundary_line(std::string_view input);
  Step read_head(std::string_view input);
  Step read_until_delimiter(std::string_view input);
  Step pass_on(std::string_view piece, std::size_t consumed);
  Step leave_content(std::size_t consumed);
  std::size_t find_delimiter(std::string_view input) const;
  std::string_view parse_head();
  std::string_view take_header(std::string_view line);

  static constexpr std::size_t kLineBreakBytes = 2;

  std::string delimiter_;  // CRLF "--" boundary
  Expect expect_ = Expect::Preamble;
  std::size_t matched_ = kLineBreakBytes;  // bytes of the delimiter that the input so far ends with
  std::size_t unsent_ = kLineBreakBytes;   // how many of those were never sent
  std::size_t preamble_bytes_ = 0;
  std::size_t padding_bytes_ = 0;
  std::string head_;
  Part part_;
  bool has_disposition_ = false;
  std::string_view problem_;
};

}  // namespace sitepod::http
