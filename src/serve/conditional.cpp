#include "serve/conditional.hpp"

#include <optional>

#include "http/date.hpp"
#include "http/etag.hpp"
#include "serve/request_fields.hpp"

namespace sitepod::serve {
namespace {

using http::Known;

bool list_matches(const http::RequestHead& request, Known known, std::string_view name, std::string_view etag,
                  http::EtagCompare compare) {
  return any_line(request, known, name, [&](std::string_view line) {
    // Nearly every list is the one entity tag that we sent.
    return line == etag || http::etag_list_matches(line, etag, compare);
  });
}

// A date field that is absent, sent twice or no date counts as absent (RFC 9110 §13.1.3, §13.1.4).
std::optional<std::time_t> date_of(const http::RequestHead& request, Known known, std::string_view now_date) {
  if (!request.has(known) || request.is_repeated(known)) return std::nullopt;
  return http::parse_http_date(request[known], http::parse_http_date(now_date, 0).value_or(0));
}

}  // namespace

Precondition evaluate_preconditions(const http::RequestHead& request, std::string_view etag, Instant last_modified,
                                    std::string_view now_date) {
  // Steps 1 and 2: is it still what the client thinks it is?
  if (request.has(Known::IfMatch)) {
    if (!list_matches(request, Known::IfMatch, "If-Match", etag, http::EtagCompare::Strong))
      return Precondition::Failed;
  } else if (auto date = date_of(request, Known::IfUnmodifiedSince, now_date);
             date && last_modified.unix_seconds() > *date) {
    return Precondition::Failed;
  }
  // Steps 3 and 4: does the client have it already?
  if (request.has(Known::IfNoneMatch)) {
    if (list_matches(request, Known::IfNoneMatch, "If-None-Match", etag, http::EtagCompare::Weak))
      return Precondition::NotModified;
  } else if (auto date = date_of(request, Known::IfModifiedSince, now_date);
             date && last_modified.unix_seconds() <= *date) {
    return Precondition::NotModified;
  }
  return Precondition::Proceed;
}

bool if_range_holds(const http::RequestHead& request, std::string_view etag, Instant last_modified,
                    std::string_view now_date) {
  if (!request.has(Known::IfRange)) return true;
  if (request.is_repeated(Known::IfRange)) return false;
  if (http::is_valid_etag(request[Known::IfRange]))
    return http::etags_equal(request[Known::IfRange], etag, http::EtagCompare::Strong);
  auto date = date_of(request, Known::IfRange, now_date);
  return date && *date == last_modified.unix_seconds();
}

}  // namespace sitepod::serve
