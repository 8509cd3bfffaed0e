#include "http/status_lines.hpp"

#include <gtest/gtest.h>

#include "http/api_exchange.hpp"

namespace sitepod::http {
namespace {

TEST(StatusLines, BeginEveryAnswer) {
  const StatusLines lines(784111777);
  EXPECT_EQ(lines[200], "HTTP/1.1 200 OK\r\nServer: sitepod\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(lines[404], "HTTP/1.1 404 Not Found\r\nServer: sitepod\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(lines.date(), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(StatusLines, FollowTheClock) {
  StatusLines lines(784111777);
  lines.refresh(784111778);
  EXPECT_EQ(lines[304], "HTTP/1.1 304 Not Modified\r\nServer: sitepod\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
  EXPECT_EQ(lines.date(), "Sun, 06 Nov 1994 08:49:38 GMT");
  lines.refresh(784111700);
  EXPECT_EQ(lines.date(), "Sun, 06 Nov 1994 08:48:20 GMT");
}

TEST(StatusLines, ExistForEveryStatusOfTheContract) {
  const StatusLines lines(0);
  for (const int status :
       {200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409,
        410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 429, 431, 500, 501, 502, 503, 504, 505, 507}) {
    EXPECT_TRUE(lines[status].starts_with("HTTP/1.1 " + std::to_string(status) + " ")) << status;
    EXPECT_NE(reason_phrase(status), "Unknown") << status;
  }
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

TEST(ApiRequest, FindsTheFirstHeaderInAnyCase) {
  ApiRequest request;
  request.headers = {{"X-A", "1"}, {"x-a", "2"}, {"X-AB", "3"}};
  EXPECT_EQ(request.header("x-A"), "1");
  EXPECT_EQ(request.header("x-ab"), "3");
  EXPECT_EQ(request.header("x"), "");
}

}  // namespace
}  // namespace sitepod::http
