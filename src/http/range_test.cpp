#include "http/range.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sitepod::http {
namespace {

using Kind = RangeChoice::Kind;
constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

void expect_part(std::string_view field, std::uint64_t size, std::uint64_t first, std::uint64_t length) {
  const RangeChoice choice = choose_range(field, size);
  EXPECT_EQ(choice.kind, Kind::Part) << field;
  EXPECT_EQ(choice.first, first) << field;
  EXPECT_EQ(choice.length, length) << field;
}

TEST(Range, ServesTheExamplesOfTheRfc) {
  expect_part("bytes=0-499", 10000, 0, 500);
  expect_part("bytes=500-999", 10000, 500, 500);
  expect_part("bytes=-500", 10000, 9500, 500);
  expect_part("bytes=9500-", 10000, 9500, 500);
}

TEST(Range, StopsAtTheLastByteOfTheFile) {
  expect_part("bytes=0-0", 1, 0, 1);
  expect_part("bytes=0-9", 10, 0, 10);
  expect_part("bytes=0-10", 10, 0, 10);
  expect_part("bytes=9-", 10, 9, 1);
  expect_part("bytes=9-9", 10, 9, 1);
}

TEST(Range, SuffixLongerThanTheFileServesTheWholeFile) {
  expect_part("bytes=-10", 10, 0, 10);
  expect_part("bytes=-11", 10, 0, 10);
  expect_part("bytes=-99999999999999999999999", 10, 0, 10);
}

TEST(Range, NumbersBeyond64BitsAreLargerThanEveryFile) {
  expect_part("bytes=0-18446744073709551615", 10, 0, 10);
  expect_part("bytes=0-18446744073709551616", 10, 0, 10);
  expect_part("bytes=0-99999999999999999999999999", 10, 0, 10);
  expect_part("bytes=18446744073709551614-", kMax, kMax - 1, 1);
  EXPECT_EQ(choose_range("bytes=18446744073709551616-", 10).kind, Kind::Unsatisfiable);
  EXPECT_EQ(choose_range("bytes=99999999999999999999-99999999999999999999", kMax).kind, Kind::Unsatisfiable);
}

TEST(Range, BeginningBehindTheEndIsUnsatisfiable) {
  for (const std::string_view field : {"bytes=10-", "bytes=10-20", "bytes=11-", "bytes=-0", "bytes=-000"})
    EXPECT_EQ(choose_range(field, 10).kind, Kind::Unsatisfiable) << field;
}

TEST(Range, AnEmptyFileHasNoParts) {
  EXPECT_EQ(choose_range("bytes=0-", 0).kind, Kind::Unsatisfiable);
  EXPECT_EQ(choose_range("bytes=0-0", 0).kind, Kind::Unsatisfiable);
  EXPECT_EQ(choose_range("bytes=-0", 0).kind, Kind::Unsatisfiable);
  EXPECT_EQ(choose_range("bytes=-5", 0).kind, Kind::Whole);
}

TEST(Range, UnitsHaveNoCaseAndWhiteSpaceAtTheEndsDoesNotMatter) {
  expect_part("Bytes=1-2", 10, 1, 2);
  expect_part("BYTES= 1-2 ", 10, 1, 2);
}

TEST(Range, WhatIsMalformedOrOfAnotherUnitOrSeveralIsIgnored) {
  for (const std::string_view field : {"",           "bytes",         "bytes=",     "bytes=-",     "bytes=--5",
                                       "bytes=5",    "bytes=a-b",     "bytes=1-b",  "bytes=0x1-2", "bytes=+1-2",
                                       "bytes=1-+2", "bytes=1--2",    "bytes=2-1",  "bytes=1-2-3", "bytes 1-2",
                                       "bytes:1-2",  "bytes=1 -2",    "bytes=1- 2", "byte=1-2",    "items=0-5",
                                       "none",       "bytes=0-1,3-4", "bytes=0-1,", ",bytes=0-1",  "bytes=-1,-2",
                                       "bytes=1-2;", "bytes==1-2",    " bytes=1-2", "bytes =1-2"})
    EXPECT_EQ(choose_range(field, 10).kind, Kind::Whole) << field;
  EXPECT_EQ(choose_range(std::string_view("bytes=1\0-2", 10), 10).kind, Kind::Whole);
}

}  // namespace
}  // namespace sitepod::http
