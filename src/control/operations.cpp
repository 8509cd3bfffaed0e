#include "api/json_writer.hpp"
#include "base/digest.hpp"
#include "control/metrics.hpp"
#include "control/openapi_json.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> show_metrics(Call& call);
Result<http::ApiResponse> show_status(Call& call);
Result<http::ApiResponse> show_description(Call& call);

}  // namespace

void add_operation_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Get, "/metrics", Access::everyone(), show_metrics});
  routes.push_back({http::Method::Get, "/api/v1/metrics", Access::everyone(), show_metrics});
  routes.push_back({http::Method::Get, "/api/v1/status", Access::admin(), show_status});
  routes.push_back({http::Method::Get, "/openapi.json", Access::everyone(), show_description});
}

namespace {

// Digests of both sides are compared: how long that takes says nothing about the secret.
Result<void> check_metrics_token(std::string_view authorization, std::string_view secret) {
  constexpr std::string_view kScheme = "bearer ";
  if (secret.empty()) return {};
  if (authorization.empty())
    return Error{ErrorKind::Unauthenticated, "missing_token", "The metrics of this server need its token.", {}, {}};
  std::string scheme(authorization.substr(0, kScheme.size()));
  for (char& c : scheme)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  if (scheme != kScheme || sha256(authorization.substr(kScheme.size())) != sha256(secret))
    return identity::invalid_token();
  return {};
}

std::int64_t uptime_of(const Call& call) {
  return std::max<std::int64_t>(0, call.now.unix_seconds() - call.rooms.settings.started_at.unix_seconds());
}

ServerFigures figures_of(const Call& call) {
  return call.rooms.operations.figures ? call.rooms.operations.figures() : ServerFigures();
}

Result<http::ApiResponse> show_metrics(Call& call) {
  SITEPOD_TRY(check_metrics_token(call.request.header("Authorization"), call.rooms.operations.metrics_token));
  return http::ApiResponse{
      200,
      {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}, {"Cache-Control", "no-store"}},
      call.rooms.metrics.render(figures_of(call), uptime_of(call)),
      {},
      false};
}

Result<http::ApiResponse> show_status(Call& call) {
  const ServerFigures figures = figures_of(call);
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("generation", figures.generation);
  json.member("uptime", uptime_of(call));
  json.member("version", SITEPOD_VERSION);
  json.key("workers").begin_array();
  for (const WorkerFigures& worker : figures.workers) {
    json.begin_object();
    json.member("adopted_generation", worker.adopted_generation);
    json.member("connections", worker.connections);
    json.member("requests", worker.requests);
    json.end_object();
  }
  json.end_array();
  json.key("queues").begin_object();
  json.member("api", figures.api_queue).member("blob", figures.blob_queue);
  json.end_object().end_object();
  return json_response(200, std::move(out));
}

// The same for everybody and as old as the program: browsers may keep it while they ask whether it is still this one.
Result<http::ApiResponse> show_description(Call&) {
  return http::ApiResponse{200,
                           {{"Content-Type", "application/json"},
                            {"Cache-Control", "public, max-age=0, must-revalidate"},
                            {"Access-Control-Allow-Origin", "*"}},
                           std::string(openapi_json()),
                           {},
                           false};
}

}  // namespace
}  // namespace sitepod::control
