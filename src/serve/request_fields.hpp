// The lines of a request field that may stand in several lines, e.g. Accept-Encoding or If-None-Match.
// Pure; worker threads; allocates nothing.
#pragma once

#include <string_view>

#include "http/request_head.hpp"
#include "http/syntax.hpp"

namespace sitepod::serve {

// Calls `visit` for each value of the field until it returns true; says whether it did. `name` is the known field's
// name.
template <typename Visit>
bool any_line(const http::RequestHead& request, http::Known known, std::string_view name, Visit visit) {
  if (!request.has(known)) return false;
  if (!request.is_repeated(known)) return visit(request[known]);
  for (const http::Field& field : request.all_fields())
    if (http::equal_ignoring_case(field.name, name) && visit(field.value)) return true;
  return false;
}

}  // namespace sitepod::serve
