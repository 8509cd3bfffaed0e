// Range fields: a part lies inside the file and is never empty, and every choice agrees with arithmetic on wide
// integers. The first eight bytes are the file's size, the rest is the field.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <regex>
#include <string>

#include "base/check.hpp"
#include "http/range.hpp"

namespace {

using sitepod::http::RangeChoice;
using Kind = RangeChoice::Kind;
// Wide enough for every number of up to 30 digits.
__extension__ typedef unsigned __int128 Wide;

Wide to_number(const std::string& digits) {
  Wide number = 0;
  for (const char c : digits) number = number * 10 + static_cast<unsigned>(c - '0');
  return number;
}

RangeChoice choose_naively(const std::string& field, std::uint64_t size) {
  static const std::regex kSingle("[Bb][Yy][Tt][Ee][Ss]=[ \\t]*([0-9]*)-([0-9]*)[ \\t]*", std::regex::optimize);
  std::smatch match;
  if (!std::regex_match(field, match, kSingle)) return {};
  const std::string first = match[1];
  const std::string last = match[2];
  if (first.empty() && last.empty()) return {};
  const Wide end = size;
  if (first.empty()) {
    if (to_number(last) == 0) return {Kind::Unsatisfiable, 0, 0};
    if (size == 0) return {};
    const Wide length = std::min(to_number(last), end);
    return {Kind::Part, static_cast<std::uint64_t>(end - length), static_cast<std::uint64_t>(length)};
  }
  // Numbers beyond 64 bits all count as the largest, so two of them are in order.
  const Wide largest = ~std::uint64_t{0};
  const Wide from = std::min(to_number(first), largest);
  const Wide to = last.empty() ? largest : std::min(to_number(last), largest);
  if (to < from) return {};
  if (from >= end) return {Kind::Unsatisfiable, 0, 0};
  return {Kind::Part, static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(std::min(to, end - 1) - from + 1)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t file_size = 0;
  if (size < sizeof(file_size)) return 0;
  std::memcpy(&file_size, data, sizeof(file_size));
  const std::string field(data + sizeof(file_size), data + size);
  for (const std::uint64_t bytes : {file_size, file_size & 0xffff, std::uint64_t{0}, std::uint64_t{1}}) {
    const RangeChoice choice = sitepod::http::choose_range(field, bytes);
    if (choice.kind == Kind::Part)
      SITEPOD_CHECK(choice.length > 0 && choice.first < bytes && choice.length <= bytes - choice.first);
    if (field.size() > 30) continue;
    const RangeChoice naive = choose_naively(field, bytes);
    SITEPOD_CHECK(naive.kind == choice.kind && naive.first == choice.first && naive.length == choice.length);
  }
  return 0;
}
