// What the lists of the API share beyond their first page. Pure; any thread.
#pragma once

#include "api/requests.hpp"
#include "http/api_exchange.hpp"

namespace sitepod::control {

// Says where a list goes on behind the page that is answered: "Link: <…>; rel=\"next\"" (RFC 8288), the same address
// with another offset.
void add_next_link(http::ApiResponse& response, const http::ApiRequest& request, const api::PageFields& page);

}  // namespace sitepod::control
