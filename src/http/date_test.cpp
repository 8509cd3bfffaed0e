#include "http/date.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace sitepod::http {
namespace {

constexpr std::time_t kExample = 784111777;  // the RFC's: 1994-11-06 08:49:37 UTC
constexpr std::time_t kNow = 1790000000;     // 2026-09-21

std::string format(std::time_t time) { return std::string(format_http_date(time).view()); }

TEST(Date, WritesImfFixdate) {
  EXPECT_EQ(format(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(format(4294967296), "Sun, 07 Feb 2106 06:28:16 GMT");
}

TEST(Date, YearsThatDoNotFitAreClamped) {
  EXPECT_EQ(format(std::numeric_limits<std::time_t>::max()), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(format(std::numeric_limits<std::time_t>::min()), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(Date, ReadsTheThreeFormsOfTheRfc) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", kNow), kExample);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994", kNow), kExample + 10 * 86400);
}

TEST(Date, ReadsWhatItWrites) {
  for (std::time_t time = -2000000000; time < 6000000000; time += 12345679)
    EXPECT_EQ(parse_http_date(format(time), kNow), time);
}

TEST(Date, ATwoDigitYearMoreThanFiftyYearsAheadIsInThePast) {
  const auto year = [](std::string_view digits, std::time_t now) {
    const auto time = parse_http_date("Sunday, 06-Nov-" + std::string(digits) + " 08:49:37 GMT", now);
    return time ? format(*time).substr(12, 4) : "none";
  };
  EXPECT_EQ(year("26", kNow), "2026");
  EXPECT_EQ(year("76", kNow), "2076");
  EXPECT_EQ(year("77", kNow), "1977");
  EXPECT_EQ(year("99", kNow), "1999");
  const std::time_t in_2090 = kNow + 64LL * 31556952;
  EXPECT_EQ(year("10", in_2090), "2110");
  EXPECT_EQ(year("94", in_2090), "2094");
}

TEST(Date, ALeapSecondIsTheSecondBehindIt) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow), 1483228800);
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:61 GMT", kNow), std::nullopt);
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 9999 23:59:60 GMT", kNow), std::nullopt) << "no such date can be written";
}

TEST(Date, RefusesWhatIsNotADate) {
  for (const std::string_view text : {
           "",
           "0",
           "784111777",
           "Sun",
           "Sun,",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37 GMT ",
           " Sun, 06 Nov 1994 08:49:37 GMT",
           "sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 nov 1994 08:49:37 GMT",
           "Sun, 06 ovD 1994 08:49:37 GMT",
           "Sun, 6 Nov 1994 08:49:37 GMT",
           "Sun, 00 Nov 1994 08:49:37 GMT",
           "Sun, 31 Nov 1994 08:49:37 GMT",
           "Sun, 29 Feb 1995 08:49:37 GMT",
           "Sun, 06 Nov 1994 24:00:00 GMT",
           "Sun, 06 Nov 1994 08:60:37 GMT",
           "Sun, 06 Nov 1994 8:49:37 GMT",
           "Sun, 06 Nov 94 08:49:37 GMT",
           "Sun, 06-Nov-1994 08:49:37 GMT",
           "Sunday, 06 Nov 1994 08:49:37 GMT",
           "Sunday, 06-Nov-1994 08:49:37 GMT",
           "Sun, 06-Nov-94 08:49:37 GMT",
           "Xxx, 06 Nov 1994 08:49:37 GMT",
           "Sun Nov 6 08:49:37 1994",
           "Sun Nov 06 08:49:37 1994 GMT",
           "Sun Nov  6 08:49:37 94",
           "Sun, +6 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 GMTx",
       })
    EXPECT_EQ(parse_http_date(text, kNow), std::nullopt) << text;
}

TEST(Date, NoBeginningOfADateIsADate) {
  for (const std::string_view text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
    for (std::size_t length = 0; length < text.size(); ++length)
      EXPECT_EQ(parse_http_date(text.substr(0, length), kNow), std::nullopt);
}

}  // namespace
}  // namespace sitepod::http
