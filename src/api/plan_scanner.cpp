#include "api/plan_scanner.hpp"

#include <algorithm>

#include "api/plain_text.hpp"

namespace sitepod::api {
namespace {

constexpr std::size_t kMaxDigits = 18;  // what surely fits; longer ones are the parser's

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A place in the text. What cannot be taken leaves it where it was, spaces aside.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  std::size_t used() const { return static_cast<std::size_t>(at_ - begin_); }
  bool at_end() const { return at_ == end_; }
  void skip_space() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }
  bool take(char wanted) {
    skip_space();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  bool take_plain_text(std::string_view& out) {
    if (!take('"')) return false;
    const char* const end = find_end_of_plain(at_, end_);
    if (end == end_ || *end != '"') return false;
    out = {at_, static_cast<std::size_t>(end - at_)};
    at_ = end + 1;
    return out.size() <= kMaxPlanTextBytes;
  }
  bool take_natural(std::optional<std::uint64_t>& out) {
    skip_space();
    const char* const first = at_;
    std::uint64_t number = 0;
    while (at_ != end_ && is_digit(*at_) && static_cast<std::size_t>(at_ - first) < kMaxDigits)
      number = number * 10 + static_cast<std::uint64_t>(*at_++ - '0');
    if (at_ == first || (*first == '0' && at_ - first > 1)) return false;
    out = number;
    return true;  // whatever follows must be a comma or a bracket
  }
  // Behind the object or array that begins here; strings may hold brackets.
  bool pass_container() {
    std::size_t depth = 0;
    for (; at_ != end_; ++at_) {
      if (*at_ == '"' && !pass_string()) return false;
      if (*at_ == '{' || *at_ == '[') ++depth;
      if ((*at_ == '}' || *at_ == ']') && --depth == 0) {
        ++at_;
        return true;
      }
    }
    return false;
  }

 private:
  // From the opening quotation mark to the closing one.
  bool pass_string() {
    for (++at_; at_ != end_; ++at_) {
      if (*at_ == '"') return true;
      if (*at_ == '\\' && ++at_ == end_) return false;
    }
    return false;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

bool take_once(Cursor& cursor, std::string_view& field) {
  return field.data() == nullptr && cursor.take_plain_text(field);
}

bool take_field(Cursor& cursor, std::string_view name, PlanItem& item) {
  if (name == "path") {
    if (item.path) return false;
    return cursor.take_plain_text(item.path.emplace());
  }
  if (name == "blake3") return take_once(cursor, item.blake3);
  if (name == "sha256") return take_once(cursor, item.sha256);
  if (name == "size") return !item.size && cursor.take_natural(item.size);
  if (name == "content_type") return take_once(cursor, item.content_type);
  return false;
}

}  // namespace

std::size_t read_plain_item(std::string_view text, PlanItem& item) {
  item = {};
  Cursor cursor(text);
  if (!cursor.take('{')) return 0;
  do {
    std::string_view name;
    if (!cursor.take_plain_text(name) || !cursor.take(':') || !take_field(cursor, name, item)) return 0;
  } while (cursor.take(','));
  return cursor.take('}') && cursor.take(',') ? cursor.used() : 0;
}

std::size_t find_item_end(std::string_view text) {
  Cursor cursor(text);
  if (!may_begin_item(text)) return 0;
  cursor.skip_space();
  return cursor.pass_container() && cursor.take(',') ? cursor.used() : 0;
}

bool may_begin_item(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos || text[first] == '{';
}

}  // namespace sitepod::api
