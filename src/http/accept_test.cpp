#include "http/accept.hpp"

#include <gtest/gtest.h>

namespace sitepod::http {
namespace {

TEST(Accept, WantsAPageWhenHtmlIsInIt) {
  for (const std::string_view accept :
       {"", " ", "*/*", "*", "text/html", "TEXT/HTML", "text/*", "text/html;q=0.1", "text/html; charset=utf-8; q=0.001",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "image/png, */*;q=0.1", "text/html;level=1",
        "text/*;q=0, text/html", "*/*;q=0, text/*", "a/b;x=\"y,z\", text/html", "a/b;x=\"\\\",\", text/html",
        "text/html;q=junk", ",,text/html", "*/*;q=0, */*"})
    EXPECT_TRUE(accepts_html(accept)) << accept;
}

TEST(Accept, WantsNoPageOtherwise) {
  for (const std::string_view accept :
       {"application/json", "image/avif,image/webp,image/*", "text/css", "text/plain", "text/html;q=0",
        "text/html;q=0.000, */*", "*/*;q=0", "text/*;q=0, */*", "text/htmlx", "xtext/html", "text /html",
        "a/b;x=\",text/html\"", "a/b;x=\"text/html", "junk", "application/xhtml+xml", "*/html", "text/html;Q=0"})
    EXPECT_FALSE(accepts_html(accept)) << accept;
}

}  // namespace
}  // namespace sitepod::http
