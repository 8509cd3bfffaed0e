// Counts what answer() allocates, by standing in front of the C library's malloc: what operator new takes is among it.
#include <cstdlib>

#include "serve/site_fixture.hpp"

namespace {
thread_local std::size_t allocations = 0;
}

extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

namespace sitepod::serve {
namespace {

std::size_t allocations_of(const SiteView& view, const TestRequest& request, int expected_status) {
  static const http::StatusLines status_lines(kNow);
  std::string head;
  head.reserve(4096);
  std::size_t before = allocations;
  answer(request.head, view, status_lines, AfterAnswer::KeepAlive, head);
  std::size_t count = allocations - before;
  EXPECT_EQ(std::stoi(head.substr(9, 3)), expected_status);
  return count;
}

TEST(AnswerAllocations, TheCounterCounts) {
  std::size_t before = allocations;
  auto* memory = new std::string(100, 'x');
  EXPECT_EQ(allocations - before, 2u);
  delete memory;
}

TEST(AnswerAllocations, ThereAreNone) {
  const TestSite site({{"index.html", "text/html; charset=utf-8", 1000, false, "gzip br zstd"},
                       {"docs/404.html"},
                       {"404.html"},
                       {"an article with a rather long name.html"},
                       {"shell/index.html"}});
  EXPECT_EQ(allocations_of(site.view, TestRequest("/"), 200), 0u);
  EXPECT_EQ(allocations_of(
                site.view,
                TestRequest("/?q", {{"Accept-Encoding", "gzip, deflate, br, zstd"}, {"Accept", "text/html"}}), 200),
            0u);
  EXPECT_EQ(allocations_of(site.view, TestRequest("/an%20article%20with%20a%20rather%20long%20name"), 200), 0u);
  EXPECT_EQ(allocations_of(site.view, TestRequest("/", {{"If-None-Match", etag_of("index.html")}}), 304), 0u);
  EXPECT_EQ(allocations_of(site.view, TestRequest("/", {{"If-Modified-Since", "Thu, 16 Nov 2023 02:00:00 GMT"}}), 304),
            0u);
  EXPECT_EQ(allocations_of(site.view, TestRequest("/", {{"Range", "bytes=1-2"}}), 206), 0u);
  EXPECT_EQ(allocations_of(site.view, TestRequest("/", {{"Range", "bytes=1000-"}}), 416), 0u);
  EXPECT_EQ(allocations_of(site.view, TestRequest("/", {{"If-Match", "\"x\""}}), 412), 0u);
  EXPECT_EQ(allocations_of(site.view, TestRequest("/docs/missing/altogether.js"), 404), 0u);
  EXPECT_EQ(allocations_of(site.view, TestRequest("/%ff"), 400), 0u);
}

}  // namespace
}  // namespace sitepod::serve
