#include "builder/dates.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace sitepod::builder {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Parts {
  int year;
  unsigned month, day, weekday;
  long hour, minute, second;
};

Parts parts_of(model::Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          std::chrono::weekday(day).c_encoding(),
          clock.hours().count(),
          clock.minutes().count(),
          clock.seconds().count()};
}

}  // namespace

std::string iso_date(model::Timestamp time) {
  const Parts p = parts_of(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", p.year, p.month, p.day, p.hour, p.minute, p.second);
}

std::string long_date(model::Timestamp time) {
  const Parts p = parts_of(time);
  return fmt::format("{} {} {}", p.day, kMonths[p.month - 1], p.year);
}

std::string rfc822_date(model::Timestamp time) {
  const Parts p = parts_of(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", kWeekdays[p.weekday], p.day,
                     kMonths[p.month - 1].substr(0, 3), p.year, p.hour, p.minute, p.second);
}

}  // namespace sitepod::builder
