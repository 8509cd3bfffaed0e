// Fields of answers that say when to come again. Pure; any thread.
#pragma once

#include <cstdint>

#include "http/client.hpp"

namespace sitepod::certs {

// Whole seconds, a month at most; 0 without them. Other forms of Retry-After (RFC 9110 §10.2.3) count as absent.
std::int64_t seconds_to_wait(const http::ClientResponse& answer);

}  // namespace sitepod::certs
