// What the server's refusals mean to its client: errors of the same kinds and codes as on the server, and whether and
// when a call may be made again. Pure functions, any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "http/client.hpp"

namespace sitepod::api {

// Of an answer that is no success. Details: "status", what the body says beside its message, "retry_after".
Error refused(const http::ClientResponse& response);
// Of a success that does not say what it must.
Error incomplete(std::string_view what);

// What the server asked for with Retry-After: seconds or a date (RFC 9110 §10.2.3).
std::optional<std::chrono::milliseconds> asked_wait(const Error& error);
// Whether the server certainly did nothing, so that even a call with effects may be repeated.
bool was_turned_away(const Error& error);
// Whether the same call may succeed later.
bool may_pass(const Error& error);

}  // namespace sitepod::api
