// Entity-tag lists: agreement with a regular expression of the grammar, and dates alongside, which share these
// requests.
#include <cstddef>
#include <cstdint>
#include <regex>
#include <string>

#include "base/check.hpp"
#include "http/date.hpp"
#include "http/etag.hpp"

namespace {

using namespace sitepod::http;

constexpr std::string_view kOurs = "\"x\"";

bool matches_naively(const std::string& list, EtagCompare compare) {
  static const std::regex kList("[ \\t]*(,[ \\t]*)*((W/)?\"[!#-~\\x80-\\xff]*\"[ \\t]*(,[ \\t]*)*(?=(W/)?\"|$))*",
                                std::regex::optimize);
  static const std::regex kTag("(W/)?\"[!#-~\\x80-\\xff]*\"", std::regex::optimize);
  static const std::regex kStar("[ \\t]*\\*[ \\t]*", std::regex::optimize);
  if (std::regex_match(list, kStar)) return true;
  if (!std::regex_match(list, kList)) return false;
  std::size_t last_end = 0;
  bool matched = false;
  for (std::sregex_iterator tag(list.begin(), list.end(), kTag), end; tag != end; ++tag) {
    const auto begin = static_cast<std::size_t>(tag->position());
    // Two tags need a comma between them.
    if (last_end != 0 && list.substr(last_end, begin - last_end).find(',') == std::string::npos) return false;
    last_end = begin + static_cast<std::size_t>(tag->length());
    matched =
        matched || tag->str() == kOurs || (compare == EtagCompare::Weak && tag->str() == "W/" + std::string(kOurs));
  }
  return matched;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const bool weak = etag_list_matches(text, kOurs, EtagCompare::Weak);
  const bool strong = etag_list_matches(text, kOurs, EtagCompare::Strong);
  SITEPOD_CHECK(weak || !strong);
  if (size <= 256) {
    SITEPOD_CHECK(weak == matches_naively(text, EtagCompare::Weak));
    SITEPOD_CHECK(strong == matches_naively(text, EtagCompare::Strong));
  }
  if (is_valid_etag(text)) {
    SITEPOD_CHECK(etag_list_matches(text, text, EtagCompare::Weak));
    SITEPOD_CHECK(etag_list_matches("\"a\", " + text + ",", text, EtagCompare::Strong) == !text.starts_with("W/"));
  }
  constexpr std::time_t kNow = 1790000000;
  if (const auto time = parse_http_date(text, kNow))
    SITEPOD_CHECK(parse_http_date(format_http_date(*time).view(), kNow) == time);
  return 0;
}
