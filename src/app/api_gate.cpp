#include "app/api_gate.hpp"

#include <fmt/format.h>

namespace sitepod::app {

http::ApiResponse ApiGate::handle(http::ApiRequest& request) {
  if (control::Api* api = api_.load(std::memory_order_acquire)) return api->handle(request);
  http::ApiResponse response;
  response.status = 503;
  response.headers = {{"Content-Type", "application/json"}, {"Retry-After", "1"}, {"Cache-Control", "no-store"}};
  if (request.path == "/api/v1/health")
    response.body = fmt::format(
        R"({{"status":"degraded","error":"unavailable","message":"The database is not open yet.","database":"error","storage":"ok","uptime":{},"version":"{}"}})",
        now().unix_seconds() - started_at_.unix_seconds(), SITEPOD_VERSION);
  else
    response.body =
        R"({"error":"unavailable","message":"The database is not open yet; sites are served, try again in a moment."})";
  return response;
}

}  // namespace sitepod::app
