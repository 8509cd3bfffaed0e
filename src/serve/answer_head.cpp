#include "serve/answer_head.hpp"

#include <charconv>

#include "serve/visit.hpp"

namespace sitepod::serve {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

AnswerHead& AnswerHead::content_length(std::uint64_t length) {
  out_.append("Content-Length: ");
  append_number(out_, length);
  out_.append("\r\n");
  return *this;
}

AnswerHead& AnswerHead::content_range(std::uint64_t first, std::uint64_t length, std::uint64_t size) {
  out_.append("Content-Range: bytes ");
  append_number(out_, first);
  out_.append("-");
  append_number(out_, first + length - 1);
  out_.append("/");
  append_number(out_, size);
  out_.append("\r\n");
  return *this;
}

void AnswerHead::add_visit_lines() {
  constexpr std::string_view kVary = "\r\nVary: Accept-Encoding\r\n";
  if (const std::size_t vary = out_.find(kVary, start_); vary != std::string::npos)
    out_.insert(vary + kVary.size() - 2, ", Cookie");
  else
    out_.append("Vary: Cookie\r\n");
  out_.append(frame_.visit->lines);
}

AnswerBody answer_with_text(const AnswerFrame& frame, int status, std::string_view text, std::string_view media_type,
                            std::string_view extra_lines, std::string& out) {
  AnswerHead(frame, status, out)
      .line(kContentTypeName, media_type)
      .lines(kNosniffLine)
      .lines(extra_lines)
      .caching(kNoCacheLine)
      .content_length(text.size())
      .finish();
  AnswerBody body;
  if (frame.is_head) return body;
  body.kind = AnswerBody::Kind::Text;
  body.text = text;
  body.length = text.size();
  return body;
}

std::string_view problem_text(int status) {
  switch (status) {
    case 414:
      return R"({"error":"invalid_request","message":"The address is too long."})";
    case 417:
      return R"({"error":"invalid_request","message":"This expectation cannot be met."})";
    case 431:
      return R"({"error":"invalid_request","message":"The request has too many or too long header fields."})";
    case 501:
      return R"({"error":"invalid_request","message":"This transfer coding is not supported."})";
    case 505:
      return R"({"error":"invalid_request","message":"This version of HTTP is not supported."})";
    default:
      return R"({"error":"invalid_request","message":"The request is malformed."})";
  }
}

std::string_view plain_text(int status) {
  switch (status) {
    case 400:
      return "The request is malformed.\n";
    case 401:
      return "This preview needs its password.\n";
    case 404:
      return "There is nothing at this address.\n";
    case 405:
      return "This address can only be read: use GET or HEAD.\n";
    case 408:
      return "The request took too long to arrive.\n";
    case 410:
      return "This preview has expired.\n";
    case 412:
      return "The file is not the one that the request expects.\n";
    case 413:
      return "The request is too large.\n";
    case 414:
      return "The address is too long.\n";
    case 416:
      return "The file has no such range.\n";
    case 417:
      return "This expectation cannot be met.\n";
    case 429:
      return "Too many previews that do not exist were asked for. Wait a minute.\n";
    case 431:
      return "The request has too many or too long header fields.\n";
    case 501:
      return "This transfer coding is not supported.\n";
    case 503:
      return "The server is busy. Please try again soon.\n";
    case 505:
      return "This version of HTTP is not supported.\n";
    default:
      return "Something went wrong on the server.\n";
  }
}

}  // namespace sitepod::serve
