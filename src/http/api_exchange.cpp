#include "http/api_exchange.hpp"

#include "http/syntax.hpp"

namespace sitepod::http {

std::string_view ApiRequest::header(std::string_view name) const {
  for (const Header& header : headers)
    if (equal_ignoring_case(header.name, name)) return header.value;
  return {};
}

}  // namespace sitepod::http
