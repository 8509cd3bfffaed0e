#include "http/cookie.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sitepod::http {
namespace {

std::string pairs_of(std::string_view field) {
  std::string text;
  for (CookieReader reader(field); reader.next();)
    text += "[" + std::string(reader.name()) + "=" + std::string(reader.value()) + "]";
  return text;
}

TEST(Cookie, PairsAreReadInTheirOrder) {
  EXPECT_EQ(pairs_of("a=1; b=2;c=3"), "[a=1][b=2][c=3]");
  EXPECT_EQ(pairs_of("a=1; a=2"), "[a=1][a=2]");
  EXPECT_EQ(pairs_of(" a = 1 ;\tb=\t2 "), "[a=1][b=2]");
  EXPECT_EQ(pairs_of("a=x=y; b=\"q\"; c="), "[a=x=y][b=\"q\"][c=]");
}

TEST(Cookie, WhatIsNoPairIsPassedOver) {
  EXPECT_EQ(pairs_of(""), "");
  EXPECT_EQ(pairs_of(";;;"), "");
  EXPECT_EQ(pairs_of("a; b=1; =c; ; d"), "[b=1]");
}

}  // namespace
}  // namespace sitepod::http
