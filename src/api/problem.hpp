// Errors on the wire: a status and {"error": code, "message": sentence, …} (deploy API §1). Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace sitepod::api {

int status_of(ErrorKind kind);

// The body of an error; its details become members. Context never leaves the server. Neither member is ever empty.
std::string encode_problem(const Error& error);
// The same with "missing": [names…].
std::string encode_problem(const Error& error, std::span<const std::string> missing);

}  // namespace sitepod::api
