#include "http/request_head.hpp"

#include "http/syntax.hpp"

namespace sitepod::http {

std::string_view RequestHead::find(std::string_view name) const {
  for (const Field& field : all_fields())
    if (equal_ignoring_case(field.name, name)) return field.value;
  return {};
}

}  // namespace sitepod::http
