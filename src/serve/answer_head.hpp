// Appends one answer's head to a connection's output, and the short texts that answers without a file carry.
// Lives for one answer, on its worker's thread; allocates nothing once the output has room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/status_lines.hpp"
#include "serve/answer.hpp"
#include "serve/header_blocks.hpp"

namespace sitepod::serve {

// What every answer of one exchange has in common.
struct AnswerFrame {
  const http::StatusLines& status_lines;
  AfterAnswer after = AfterAnswer::KeepAlive;
  bool is_head = false;
  bool is_http_1_0 = false;
  bool is_preview = false;
  std::string_view cache_line = {};  // not empty: instead of whatever a file's own rule is
  const Visit* visit = nullptr;      // what cookies have decided, where they can
};

// Of an answer to this request.
inline AnswerFrame frame_for(const http::RequestHead& request, const http::StatusLines& status_lines,
                             AfterAnswer after) {
  return {status_lines, after, request.method == http::Method::Head, request.minor_version == 0};
}

class AnswerHead {
 public:
  AnswerHead(const AnswerFrame& frame, int status, std::string& out) : frame_(frame), start_(out.size()), out_(out) {
    out_.append(frame.status_lines[status]);
  }

  // Complete lines, each with its CRLF.
  AnswerHead& lines(std::string_view text) {
    out_.append(text);
    return *this;
  }
  AnswerHead& line(std::string_view name_and_colon, std::string_view value) {
    out_.append(name_and_colon).append(value).append("\r\n");
    return *this;
  }
  AnswerHead& content_length(std::uint64_t length);
  AnswerHead& content_range(std::uint64_t first, std::uint64_t length, std::uint64_t size);
  // A preview's rule counts more than the file's own.
  AnswerHead& caching(std::string_view cache_line) {
    return lines(frame_.cache_line.empty() ? cache_line : frame_.cache_line);
  }
  // The lines that depend on the exchange, and the blank line.
  void finish() {
    if (frame_.is_preview) out_.append(kNoindexLine);
    if (frame_.visit) [[unlikely]]
      add_visit_lines();
    if (frame_.after == AfterAnswer::Close) {
      out_.append("Connection: close\r\n");
    } else if (frame_.is_http_1_0) {
      out_.append("Connection: keep-alive\r\n");
    }
    out_.append("\r\n");
  }

 private:
  // That cookies count, and those that are taken back.
  void add_visit_lines();

  const AnswerFrame& frame_;
  const std::size_t start_;  // of this head in out_
  std::string& out_;
};

inline constexpr std::string_view kPlainTextType = "text/plain; charset=utf-8";
inline constexpr std::string_view kHtmlType = "text/html; charset=utf-8";

// A fixed text that repeats nothing of the request. `extra_lines` are complete lines for this status, e.g. Allow.
// Requires: `text` is static.
AnswerBody answer_with_text(const AnswerFrame& frame, int status, std::string_view text, std::string_view media_type,
                            std::string_view extra_lines, std::string& out);

// The same for a request of the API (deploy API §1). Only for what the parser of heads refuses.
std::string_view problem_text(int status);

// The sentence for a status that needs no other.
std::string_view plain_text(int status);

}  // namespace sitepod::serve
