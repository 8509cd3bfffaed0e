#include "api/json_writer.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> show_health(Call& call);
Result<http::ApiResponse> show_config(Call& call);
Result<http::ApiResponse> show_alive(Call& call);
Result<http::ApiResponse> show_ready(Call& call);
Result<http::ApiResponse> show_page(Call& call);

}  // namespace

void add_health_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Get, "/api/v1/health", Access::everyone(), show_health});
  routes.push_back({http::Method::Get, "/api/v1/config", Access::everyone(), show_config});
  routes.push_back({http::Method::Get, "/healthz", Access::everyone(), show_alive});
  routes.push_back({http::Method::Get, "/readyz", Access::everyone(), show_ready});
  routes.push_back({http::Method::Get, "/", Access::everyone(), show_page});
}

namespace {

// Until the web console exists. No script, no style from elsewhere, nothing of the request in it.
constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>sitepod</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:4rem auto;padding:0 1rem}code{background:#8882;padding:.1em .3em}</style>
</head>
<body>
<h1>sitepod</h1>
<p>This server hosts static sites. Deploy a folder with <code>sitepod deploy</code>, or speak to the API under <code>/api/v1</code>.</p>
)";
constexpr std::string_view kDemoNote =
    R"(<p>It is a demonstration: everybody may log in as <code>demo@sitepod.dev</code> with the password <code>demo123</code>.</p>
)";
constexpr std::string_view kPageEnd = "</body>\n</html>\n";

// Constant cost: neither question depends on how much is stored.
struct Health {
  bool database;
  bool storage;
  bool good() const { return database && storage; }
};

Health look(Call& call) { return {call.rooms.meta.healthy(), !call.rooms.deployer.storage_degraded()}; }

Result<http::ApiResponse> show_health(Call& call) {
  const Health health = look(call);
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("status", health.good() ? "healthy" : "degraded");
  if (!health.good()) {
    // An answer that is not 2xx is also an error (deploy API §1).
    json.member("error", "unavailable");
    json.member("message", health.database ? "The storage takes no writes." : "The database does not answer.");
  }
  json.member("database", health.database ? "ok" : "error");
  json.member("storage", health.storage ? "ok" : "error");
  json.member("uptime",
              std::max<std::int64_t>(0, call.now.unix_seconds() - call.rooms.settings.started_at.unix_seconds()));
  json.member("version", SITEPOD_VERSION);
  // Files in quarantine: as a rule none, so counting them costs nothing. They degrade their sites, not the server.
  if (deploy::Scrubber* scrubber = call.rooms.maintenance.scrubber)
    if (const Result<std::int64_t> damaged = scrubber->damaged_blobs(); damaged.ok())
      json.member("damaged_blobs", *damaged);
  json.end_object();
  http::ApiResponse response = json_response(health.good() ? 200 : 503, std::move(out));
  if (!health.good()) response.headers.push_back({"Retry-After", "5"});
  return response;
}

Result<http::ApiResponse> show_config(Call& call) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("domain", call.rooms.settings.domain);
  json.member("is_demo", call.rooms.settings.is_demo);
  json.member("version", SITEPOD_VERSION);
  json.end_object();
  return json_response(200, std::move(out));
}

http::ApiResponse text_response(int status, std::string text) {
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
          std::move(text),
          {},
          false};
}

// The process answers.
Result<http::ApiResponse> show_alive(Call&) { return text_response(200, "ok\n"); }

// The process can do its work.
Result<http::ApiResponse> show_ready(Call& call) {
  if (look(call).good()) return text_response(200, "ready\n");
  return unavailable("The server is not ready.");
}

Result<http::ApiResponse> show_page(Call& call) {
  http::ApiResponse response{200, {}, std::string(kPage), {}, false};
  if (call.rooms.settings.is_demo) response.body += kDemoNote;
  response.body += kPageEnd;
  response.headers.push_back({"Content-Type", "text/html; charset=utf-8"});
  response.headers.push_back({"Cache-Control", "public, max-age=0, must-revalidate"});
  response.headers.push_back(
      {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"});
  return response;
}

}  // namespace
}  // namespace sitepod::control
