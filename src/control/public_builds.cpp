#include "api/json_writer.hpp"
#include "content/built_files.hpp"
#include "control/public_api.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> start_build(Call& call);
Result<http::ApiResponse> show_latest_build(Call& call);
Result<http::ApiResponse> start_build_of_site(Call& call);

}  // namespace

void add_public_build_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/public/builds", Access::content(), start_build});
  routes.push_back({http::Method::Get, "/api/v1/public/builds/latest", Access::content(), show_latest_build});
  routes.push_back(
      {http::Method::Post, "/api/v1/public/sites/{site}/deployments", Access::content(), start_build_of_site});
}

namespace {

Result<http::ApiResponse> start_build_of(Call& call, const meta::Project& project) {
  const std::string url = SITEPOD_TRY(call.rooms.content.builds.request(project, call.caller, call.now));
  std::string out;
  api::JsonWriter(out)
      .begin_object()
      .member("status", "queued")
      .member("deployUrl", url)
      .member("message", "build queued successfully")
      .end_object();
  return json_response(202, std::move(out));
}

Result<http::ApiResponse> start_build(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const std::string site_id = SITEPOD_TRY(body.fields(call.request).text("siteId")).value_or("");
  return start_build_of(call, SITEPOD_TRY(call.rooms.content.sites.resolve(call.caller, site_id, call.now)));
}

// What a body may say, e.g. a message, means nothing here.
Result<http::ApiResponse> start_build_of_site(Call& call) {
  SITEPOD_TRY(Body::read(call.request));
  return start_build_of(call, SITEPOD_TRY(site_of_path(call)));
}

void write_time(api::JsonWriter& json, std::string_view name, std::optional<Instant> instant) {
  json.member_or_null(name, instant ? whole_seconds(*instant) : std::string());
}

void write_broken_links(api::JsonWriter& json, std::string_view report) {
  if (report.empty()) return;
  json.key("brokenLinks").begin_array();
  for (const builder::BrokenLink& link : content::read_report(report)) {
    json.begin_object().member("page", link.page).member("line", std::int64_t{link.line});
    json.member("target", link.target).end_object();
  }
  json.end_array();
}

Result<http::ApiResponse> show_latest_build(Call& call) {
  const std::string site_id = SITEPOD_TRY(query_fields(call.request).text("siteId")).value_or("");
  const meta::Project project = SITEPOD_TRY(call.rooms.content.sites.resolve(call.caller, site_id, call.now));
  const std::optional<meta::Build> build = SITEPOD_TRY(call.rooms.content.builds.find_newest(project));
  if (!build) return not_found("not_found", "there was no build of this site yet");
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("id", build->id);
  json.member("status", build->status);
  json.member("triggeredBy", build->triggered_by);
  json.key("durationMs");
  build->completed_at && build->started_at ? json.value(build->completed_at->unix_ms - build->started_at->unix_ms)
                                           : json.null();
  write_time(json, "startedAt", build->started_at);
  write_time(json, "completedAt", build->completed_at);
  write_time(json, "createdAt", build->created_at);
  // A key that clients take for a failure of the request stands in failed builds only.
  if (build->status == "failed") json.member("error", build->error);
  if (!build->image_id.empty()) json.member("imageId", build->image_id);
  write_broken_links(json, build->report);
  json.end_object();
  return json_response(200, std::move(out));
}

}  // namespace
}  // namespace sitepod::control
