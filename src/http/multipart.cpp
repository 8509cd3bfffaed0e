#include "http/multipart.hpp"

#include "http/limits.hpp"
#include "http/syntax.hpp"

namespace sitepod::http {

// A body begins with the boundary itself, without the line break that belongs to every other one: as if it had been
// read.
MultipartReader::MultipartReader(std::string_view boundary) {
  delimiter_ = "\r\n--";
  delimiter_ += boundary;
}

MultipartReader::Step MultipartReader::feed(std::string_view input) {
  for (std::size_t used = 0;;) {
    Step step;
    const std::string_view rest = input.substr(used);
    switch (expect_) {
      case Expect::Refused:
        return {Event::Refused, used, {}};
      case Expect::Epilogue:
        return {Event::Done, input.size(), {}};
      case Expect::Preamble:
      case Expect::Content:
        step = read_until_delimiter(rest);
        break;
      case Expect::Head:
        step = read_head(rest);
        break;
      default:
        step = read_boundary_line(rest);
    }
    used += step.consumed;
    if (step.event != Event::NeedMore || used == input.size()) return {step.event, used, step.piece};
  }
}

MultipartReader::Step MultipartReader::refuse(std::string_view problem, std::size_t consumed) {
  expect_ = Expect::Refused;
  problem_ = problem;
  return {Event::Refused, consumed, {}};
}

// Where in the input a delimiter stands, or what may be the beginning of one at its end.
std::size_t MultipartReader::find_delimiter(std::string_view input) const {
  std::size_t at = input.find('\r');
  while (at != std::string_view::npos) {
    const std::string_view candidate = input.substr(at, delimiter_.size());
    if (std::string_view(delimiter_).starts_with(candidate)) return at;
    at = input.find('\r', at + 1);
  }
  return input.size();
}

// One stretch of what stands before the next delimiter. What may be the beginning of a delimiter is held back; since
// only its first byte is a CR, a mismatch can start again only at the byte that mismatched.
MultipartReader::Step MultipartReader::read_until_delimiter(std::string_view input) {
  std::size_t i = 0;
  while (i < input.size() && matched_ < delimiter_.size() && input[i] == delimiter_[matched_]) ++matched_, ++i;
  if (matched_ == delimiter_.size()) return leave_content(i);
  if (i == input.size()) return {Event::NeedMore, i, {}};

  if (matched_ > 0) {
    const std::string_view held = std::string_view(delimiter_).substr(0, matched_).substr(unsent_);
    matched_ = 0;
    unsent_ = 0;
    return pass_on(held, i);
  }
  const std::size_t end = find_delimiter(input);
  return pass_on(input.substr(0, end), end);
}

MultipartReader::Step MultipartReader::pass_on(std::string_view piece, std::size_t consumed) {
  if (expect_ == Expect::Content) return {piece.empty() ? Event::NeedMore : Event::Content, consumed, piece};
  preamble_bytes_ += piece.size();
  if (preamble_bytes_ > kMaxMultipartPreambleBytes)
    return refuse("The multipart body does not begin with its boundary.");
  return {Event::NeedMore, consumed, {}};
}

MultipartReader::Step MultipartReader::leave_content(std::size_t consumed) {
  const bool was_content = expect_ == Expect::Content;
  matched_ = 0;
  unsent_ = 0;
  padding_bytes_ = 0;
  expect_ = Expect::BehindBoundary;
  return {was_content ? Event::PartEnd : Event::NeedMore, consumed, {}};
}

// Behind a boundary: "--" closes the body, else optional white space and CRLF (RFC 2046 §5.1.1, transport-padding).
MultipartReader::Step MultipartReader::read_boundary_line(std::string_view input) {
  constexpr std::string_view kProblem = "A boundary line of the multipart body has something behind the boundary.";
  for (std::size_t i = 0; i < input.size(); ++i) {
    const char c = input[i];
    if (expect_ == Expect::SecondDash) {
      if (c != '-') return refuse(kProblem, i);
      expect_ = Expect::Epilogue;
      return {Event::Done, i + 1, {}};
    }
    if (expect_ == Expect::LineFeed) {
      if (c != '\n') return refuse(kProblem, i);
      expect_ = Expect::Head;
      head_.clear();
      return {Event::NeedMore, i + 1, {}};
    }
    if (c == '-' && expect_ == Expect::BehindBoundary) {
      expect_ = Expect::SecondDash;
    } else if (c == '\r') {
      expect_ = Expect::LineFeed;
    } else if (is_whitespace(c) && ++padding_bytes_ <= kMaxMultipartPaddingBytes) {
      expect_ = Expect::Padding;
    } else {
      return refuse(kProblem, i);
    }
  }
  return {Event::NeedMore, input.size(), {}};
}

MultipartReader::Step MultipartReader::read_head(std::string_view input) {
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (head_.size() == kMaxPartHeadBytes) return refuse("The headers of a part are too long.", i);
    head_ += input[i];
    const bool is_end = head_ == "\r\n" || head_.ends_with("\r\n\r\n");
    if (!is_end) continue;
    if (const std::string_view problem = parse_head(); !problem.empty()) return refuse(problem, i + 1);
    expect_ = Expect::Content;
    // A part without content may do without the line break that belongs to the boundary behind it.
    matched_ = kLineBreakBytes;
    unsent_ = kLineBreakBytes;
    return {Event::PartBegin, i + 1, {}};
  }
  return {Event::NeedMore, input.size(), {}};
}

std::string_view MultipartReader::parse_head() {
  part_ = Part();
  has_disposition_ = false;
  std::string_view rest = head_;
  while (rest != "\r\n") {
    const std::size_t end = rest.find("\r\n");
    if (const std::string_view problem = take_header(rest.substr(0, end)); !problem.empty()) return problem;
    rest.remove_prefix(end + 2);
  }
  return has_disposition_ ? std::string_view() : "A part has no Content-Disposition.";
}

// An empty text is good news.
std::string_view MultipartReader::take_header(std::string_view line) {
  constexpr std::string_view kMalformed = "A header of a part is malformed.";
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return kMalformed;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim_whitespace(line.substr(colon + 1));
  for (const char c : value)
    if (!has_class(c, kFieldValueBit)) return kMalformed;
  if (equal_ignoring_case(name, "content-disposition")) {
    auto disposition = parse_form_disposition(value);
    if (!disposition || has_disposition_)
      return "A part's Content-Disposition is not that of one form field with a name.";
    part_.disposition = std::move(*disposition);
    has_disposition_ = true;
  } else if (equal_ignoring_case(name, "content-type")) {
    part_.media_type = value;
  } else if (equal_ignoring_case(name, "content-transfer-encoding")) {
    // RFC 7578 §4.7: senders should not use it; these three mean the bytes as they are.
    const bool is_plain = equal_ignoring_case(value, "binary") || equal_ignoring_case(value, "8bit") ||
                          equal_ignoring_case(value, "7bit");
    if (!is_plain) return "A part has a Content-Transfer-Encoding; send its bytes as they are.";
  }
  return {};
}

}  // namespace sitepod::http
