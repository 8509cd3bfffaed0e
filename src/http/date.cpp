#include "http/date.hpp"

#include <algorithm>
#include <chrono>

#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

constexpr std::string_view kWeekdays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::time_t kFirstSecond = -62167219200;  // 0000-01-01T00:00:00Z
constexpr std::time_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59Z

struct Parts {
  int year = 0;
  int month = 0;  // from 1
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// Takes one thing after the other off the front of a text; after the first mismatch every further step fails as well.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    good_ = good_ && rest_.starts_with(expected);
    if (good_) rest_.remove_prefix(expected.size());
  }
  void digits(std::size_t count, int& value) {
    good_ = good_ && rest_.size() >= count && std::all_of(rest_.begin(), rest_.begin() + count, is_digit);
    if (!good_) return;
    value = 0;
    for (const char c : rest_.substr(0, count)) value = value * 10 + (c - '0');
    rest_.remove_prefix(count);
  }
  // asctime pads the day with a space.
  void padded_day(int& day) {
    if (rest_.starts_with(' ')) {
      literal(" ");
      digits(1, day);
    } else {
      digits(2, day);
    }
  }
  void month(int& month) {
    good_ = good_ && rest_.size() >= 3;
    if (!good_) return;
    const std::size_t at = kMonths.find(rest_.substr(0, 3));
    good_ = at != std::string_view::npos && at % 3 == 0;
    month = static_cast<int>(at / 3) + 1;
    rest_.remove_prefix(3);
  }
  void time_of_day(Parts& parts) {
    digits(2, parts.hour);
    literal(":");
    digits(2, parts.minute);
    literal(":");
    digits(2, parts.second);
  }
  bool ended() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::optional<std::time_t> to_time(const Parts& parts) {
  using namespace std::chrono;
  const year_month_day date{year(parts.year), month(static_cast<unsigned>(parts.month)),
                            day(static_cast<unsigned>(parts.day))};
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  // A leap second (":60") counts as the second after it, as POSIX time does.
  const auto days = sys_days(date).time_since_epoch();
  const std::time_t time = duration_cast<seconds>(days).count() + parts.hour * 3600 + parts.minute * 60 + parts.second;
  // The leap second that would begin the year 10000 cannot be written back.
  return time <= kLastSecond ? std::optional(time) : std::nullopt;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", behind the weekday.
std::optional<std::time_t> parse_imf_fixdate(std::string_view rest) {
  Parts parts;
  Reader reader(rest);
  reader.literal(", ");
  reader.digits(2, parts.day);
  reader.literal(" ");
  reader.month(parts.month);
  reader.literal(" ");
  reader.digits(4, parts.year);
  reader.literal(" ");
  reader.time_of_day(parts);
  reader.literal(" GMT");
  return reader.ended() ? to_time(parts) : std::nullopt;
}

int year_of(std::time_t time) {
  using namespace std::chrono;
  const sys_days day = floor<days>(sys_seconds(seconds(std::clamp(time, kFirstSecond, kLastSecond))));
  return static_cast<int>(year_month_day(day).year());
}

// "Sunday, 06-Nov-94 08:49:37 GMT", behind the weekday. A date that seems more than 50 years in the future is in the
// past.
std::optional<std::time_t> parse_rfc850(std::string_view rest, std::time_t now) {
  Parts parts;
  Reader reader(rest);
  reader.literal(", ");
  reader.digits(2, parts.day);
  reader.literal("-");
  reader.month(parts.month);
  reader.literal("-");
  reader.digits(2, parts.year);
  reader.literal(" ");
  reader.time_of_day(parts);
  reader.literal(" GMT");
  if (!reader.ended()) return std::nullopt;
  const int this_year = year_of(now);
  parts.year += this_year / 100 * 100;
  if (parts.year > this_year + 50) parts.year -= 100;
  if (parts.year <= this_year - 50) parts.year += 100;
  return to_time(parts);
}

// "Sun Nov  6 08:49:37 1994", behind the weekday.
std::optional<std::time_t> parse_asctime(std::string_view rest) {
  Parts parts;
  Reader reader(rest);
  reader.literal(" ");
  reader.month(parts.month);
  reader.literal(" ");
  reader.padded_day(parts.day);
  reader.literal(" ");
  reader.time_of_day(parts);
  reader.literal(" ");
  reader.digits(4, parts.year);
  return reader.ended() ? to_time(parts) : std::nullopt;
}

char* put_number(char* out, int value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + digits;
}

char* put_text(char* out, std::string_view text) { return std::copy(text.begin(), text.end(), out); }

}  // namespace

HttpDate format_http_date(std::time_t time) {
  using namespace std::chrono;
  const sys_seconds instant{seconds(std::clamp(time, kFirstSecond, kLastSecond))};
  const sys_days day = floor<days>(instant);
  const year_month_day date(day);
  const hh_mm_ss clock(instant - day);
  HttpDate result;
  char* out = put_text(result.characters.data(), kWeekdays[weekday(day).c_encoding()].substr(0, 3));
  out = put_number(put_text(out, ", "), static_cast<int>(static_cast<unsigned>(date.day())), 2);
  out = put_text(put_text(out, " "), kMonths.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3));
  out = put_number(put_text(out, " "), static_cast<int>(date.year()), 4);
  out = put_number(put_text(out, " "), static_cast<int>(clock.hours().count()), 2);
  out = put_number(put_text(out, ":"), static_cast<int>(clock.minutes().count()), 2);
  out = put_number(put_text(out, ":"), static_cast<int>(clock.seconds().count()), 2);
  put_text(out, " GMT");
  return result;
}

std::optional<std::time_t> parse_http_date(std::string_view text, std::time_t now) {
  for (const std::string_view name : kWeekdays) {
    if (!text.starts_with(name.substr(0, 3))) continue;
    if (text.starts_with(name)) return parse_rfc850(text.substr(name.size()), now);
    const std::string_view rest = text.substr(3);
    return rest.starts_with(',') ? parse_imf_fixdate(rest) : parse_asctime(rest);
  }
  return std::nullopt;
}

}  // namespace sitepod::http
