#include "base/time.hpp"

#include <chrono>

#include <fmt/core.h>

namespace sitepod {
namespace {

// Reads exactly `count` digits at `position`; -1 when there are none.
int digits(std::string_view text, std::size_t position, std::size_t count) {
  if (position + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = position; i < position + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

Instant now() {
  auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

std::string to_rfc3339(Instant instant) {
  using namespace std::chrono;
  sys_time<milliseconds> time{milliseconds(instant.unix_ms)};
  auto day = floor<days>(time);
  year_month_day date{day};
  hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  int year_number = digits(text, 0, 4), month_number = digits(text, 5, 2), day_number = digits(text, 8, 2);
  int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (year_number < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  year_month_day date{year(year_number), month(static_cast<unsigned>(month_number)),
                      day(static_cast<unsigned>(day_number))};
  if (month_number < 1 || day_number < 1 || !date.ok()) return std::nullopt;
  std::size_t position = 19;
  int millis = 0;
  if (text[position] == '.') {
    std::size_t start = ++position;
    for (int scale = 100; position < text.size() && text[position] >= '0' && text[position] <= '9';
         ++position, scale /= 10)
      millis += (text[position] - '0') * scale;
    if (position == start) return std::nullopt;
  }
  int offset_minutes = 0;
  if (position < text.size() && (text[position] == 'Z' || text[position] == 'z')) {
    ++position;
  } else if (position < text.size() && (text[position] == '+' || text[position] == '-')) {
    int offset_hour = digits(text, position + 1, 2), offset_minute = digits(text, position + 4, 2);
    if (offset_hour < 0 || offset_hour > 23 || offset_minute < 0 || offset_minute > 59 || text[position + 3] != ':')
      return std::nullopt;
    offset_minutes = (offset_hour * 60 + offset_minute) * (text[position] == '-' ? -1 : 1);
    position += 6;
  } else {
    return std::nullopt;
  }
  if (position != text.size()) return std::nullopt;
  auto since_epoch =
      sys_days{date}.time_since_epoch() + hours(hour) + minutes(minute - offset_minutes) + seconds(second);
  return Instant{duration_cast<milliseconds>(since_epoch).count() + millis};
}

}  // namespace sitepod
