// Conditional requests in the order of RFC 9110 §13.2.2. Pure; worker threads; allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.hpp"
#include "http/request_head.hpp"

namespace sitepod::serve {

enum class Precondition : std::uint8_t {
  Proceed,
  NotModified,  // 304
  Failed,       // 412
};

// For GET and HEAD of an existing representation with that entity tag. `now_date` is the answer's Date: it decides the
// century of two-digit years.
Precondition evaluate_preconditions(const http::RequestHead& request, std::string_view etag, Instant last_modified,
                                    std::string_view now_date);

// True without If-Range. An entity tag is compared strongly; a date must be exactly Last-Modified.
bool if_range_holds(const http::RequestHead& request, std::string_view etag, Instant last_modified,
                    std::string_view now_date);

}  // namespace sitepod::serve
