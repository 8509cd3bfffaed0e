// Reads the named fields of a request, from its JSON body and its query, with errors that name the field and the rule.
// Holds references to both; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_value.hpp"
#include "base/result.hpp"

namespace sitepod::api {

class Fields {
 public:
  // `body`: a parsed object, or null when the request has none. `query`: still percent-encoded.
  Fields(const JsonValue* body, std::string_view query) : body_(body), query_(query) {}

  // Absent, null and (in a query) a parameter without "=" and value: nothing. Text from the body must be a JSON string,
  // without NUL. The body wins over the query. A parameter that stands twice must not differ.
  Result<std::optional<std::string>> text(std::string_view name) const;
  // Error "invalid_request" when absent or empty.
  Result<std::string> required_text(std::string_view name) const;
  // Two names of one thing (environment and env): both given and different is an error.
  Result<std::optional<std::string>> text_of_either(std::string_view name, std::string_view alias) const;
  // Stands in the body as "", or in the query as "name" or "name=": what a script sends whose variable is not set.
  bool is_left_empty(std::string_view name) const;
  // true or false; in a query also 1 and 0, and a bare "name" is true.
  Result<std::optional<bool>> boolean(std::string_view name) const;
  // An integer in [least, most]; in a query as decimal digits.
  Result<std::optional<std::int64_t>> integer(std::string_view name, std::int64_t least, std::int64_t most) const;
  // A list of strings in the body; absent or null: nothing.
  Result<std::optional<std::vector<std::string>>> texts(std::string_view name) const;

 private:
  const JsonValue* body_;
  std::string_view query_;
};

}  // namespace sitepod::api
