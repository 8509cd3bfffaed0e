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
// Of the bucket behind a server to which a file was to be sent, at this address: its answer, which is no success, or
// why there is none. The address itself is nobody's business: who has it may upload.
Error refused_by_bucket(const http::ClientResponse& response, std::string_view url);
Error unreachable_bucket(const Error& why, std::string_view url);

// What the server asked for with Retry-After: seconds or a date (RFC 9110 §10.2.3).
std::optional<std::chrono::milliseconds> asked_wait(const Error& error);
// Whether the server certainly did nothing, so that even a call with effects may be repeated.
bool was_turned_away(const Error& error);
// Whether the same call may succeed later.
bool may_pass(const Error& error);

}  // namespace sitepod::api
