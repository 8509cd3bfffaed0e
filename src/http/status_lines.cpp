#include "http/status_lines.hpp"

#include "base/check.hpp"
#include "http/date.hpp"

namespace sitepod::http {

namespace {

struct Status {
  int code;
  std::string_view reason;
};

// Every final status that any part of the product sends; lines are prepared for these only.
constexpr Status kStatuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

}  // namespace

std::string_view reason_phrase(int status) {
  for (const Status& known : kStatuses)
    if (known.code == status) return known.reason;
  return "Unknown";
}

void StatusLines::refresh(std::time_t now) {
  if (now == second_) return;
  second_ = now;
  date_ = format_http_date(now).view();
  for (const Status& status : kStatuses) {
    std::string& line = lines_[status.code - 200];
    // Between two seconds only the date at the end changes.
    if (!line.empty()) {
      line.replace(line.size() - date_.size() - 2, date_.size(), date_);
      continue;
    }
    line = "HTTP/1.1 " + std::to_string(status.code) + " ";
    line += status.reason;
    line += "\r\nServer: sitepod\r\nDate: " + date_ + "\r\n";
  }
}

std::string_view StatusLines::operator[](int status) const {
  SITEPOD_CHECK(status >= 200 && status < 600 && !lines_[status - 200].empty());
  return lines_[status - 200];
}

std::string_view StatusLines::date() const { return date_; }

}  // namespace sitepod::http
