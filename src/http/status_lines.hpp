// The first bytes of every answer: status line, Server and Date, built once per second and status, not per request.
// Owned by one worker; its thread only.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace sitepod::http {

// "OK", "Not Found", …; "Unknown" for a code without a name.
std::string_view reason_phrase(int status);

class StatusLines {
 public:
  explicit StatusLines(std::time_t now) { refresh(now); }
  // Call once per turn of the loop; cheap when the second is the same.
  void refresh(std::time_t now);
  // "HTTP/1.1 200 OK\r\nServer: sitepod\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"; valid until the next refresh.
  // Requires: 200 ≤ status ≤ 599 and a status that we send.
  std::string_view operator[](int status) const;
  std::string_view date() const;  // IMF-fixdate
  std::time_t second() const { return second_; }

 private:
  std::time_t second_ = -1;
  std::string date_;
  std::string lines_[600 - 200];
};

}  // namespace sitepod::http
