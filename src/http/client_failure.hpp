// Why an outgoing exchange failed, told with what can be done about it: by way of a proxy, over TLS, or plainly.
// A pure function of its arguments and of the environment's proxies; any thread.
#pragma once

#include <string>

#include "base/error.hpp"

namespace sitepod::http {

struct ClientFailure {
  int code;             // libcurl's
  std::string cause;    // its own words
  std::string url;      // that was asked
  long connect_status;  // a proxy's answer to CONNECT; 0: none
};

// Errors: Invalid "invalid_url"; Unavailable "certificate" and "proxy", which no second try changes; Unavailable
// "network".
Error describe_failure(const ClientFailure& failure);

}  // namespace sitepod::http
