#include "http/media_type.hpp"

#include <gtest/gtest.h>

namespace sitepod::http {
namespace {

TEST(MediaType, AcceptsTypesWithParameters) {
  for (const std::string_view text :
       {"text/html", "text/html;charset=utf-8", "text/html; charset=utf-8", "text/html ; charset=\"utf-8\"",
        "image/svg+xml", "application/vnd.a.b-c+json", "a/b;c=d;e=f", "a/b;c=\"\"", "a/b;c=\"\\\"\"",
        "a/b;\tc=\"d; e\"", "x/y;z=!#$%&'*+-.^_`|~"})
    EXPECT_TRUE(is_valid_media_type(text)) << text;
}

TEST(MediaType, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "text",
                                      "/",
                                      "text/",
                                      "/html",
                                      "text/html/x",
                                      "text/ html",
                                      " text/html",
                                      "text/html ",
                                      "text/html;",
                                      "text/html;;a=b",
                                      "text/html;a",
                                      "text/html;a=",
                                      "text/html;=b",
                                      "text/html;a =b",
                                      "text/html;a= b",
                                      "text/html;a=\"b",
                                      "text/html;a=\"b\"c",
                                      "text/html;a=\"\\",
                                      "text/html,text/css",
                                      "text/html\r\nX: y",
                                      "text/html;a=\"\r\n\"",
                                      "*/*",
                                      "text/*",
                                      "*",
                                      "te\xc3\xa4xt/html",
                                      "text/html;a=\"\xc3\xa4\"",
                                      "text/html\x01"})
    EXPECT_FALSE(is_valid_media_type(text)) << text;
  EXPECT_FALSE(is_valid_media_type(std::string_view("text/html\0", 10)));
}

}  // namespace
}  // namespace sitepod::http
