// The grammars around multipart/form-data: the boundary of a Content-Type (RFC 2046 §5.1.1) and the names in a part's
// Content-Disposition (RFC 7578 §4.2, RFC 8187). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sitepod::http {

// The boundary of a `multipart/form-data` Content-Type; nothing for another type and for a boundary outside the
// grammar.
std::optional<std::string> boundary_of(std::string_view content_type);

struct FormDisposition {
  std::string name;
  std::optional<std::string> file_name;  // of the part that is a file; may be empty (a form's unused file field)
};

// A Content-Disposition of a form's part; nothing when it is none, lacks `name`, or says one parameter twice.
// `filename*` wins over `filename`. Names are bytes as sent: without control characters, not necessarily UTF-8.
std::optional<FormDisposition> parse_form_disposition(std::string_view value);

}  // namespace sitepod::http
