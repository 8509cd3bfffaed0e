#include "http/accept.hpp"

#include <gtest/gtest.h>

#include <utility>

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

TEST(Accept, NamesATypeWithItsWeight) {
  constexpr std::string_view kType = "application/problem+json";
  for (const auto& [accept, weight] : {std::pair{"application/problem+json", 1000},
                                       {"APPLICATION/Problem+JSON", 1000},
                                       {"application/json;q=0.9 , application/problem+json ; q=0.5", 500},
                                       {"application/problem+json;q=0", 0},
                                       {"application/problem+json;q=0.2, application/problem+json", 1000},
                                       {"application/problem+json;charset=utf-8;q=0.1", 100}})
    EXPECT_EQ(named_weight(accept, kType), weight) << accept;
  for (const std::string_view accept :
       {"", "*/*", "application/*", "application/json", "application/problem+jsonx", "xapplication/problem+json",
        "application/json;profile=\"application/problem+json\"", "a/b;x=\",application/problem+json"})
    EXPECT_EQ(named_weight(accept, kType), -1) << accept;
}

}  // namespace
}  // namespace sitepod::http
