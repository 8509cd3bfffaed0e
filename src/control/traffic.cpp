#include "deploy/traffic.hpp"

#include "api/json_writer.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> show_traffic(Call& call);
Result<http::ApiResponse> set_cap(Call& call);

}  // namespace

void add_traffic_routes(std::vector<Route>& routes) {
  using identity::Scope;
  constexpr std::string_view kPattern = "/api/v1/projects/{name}/traffic";
  routes.push_back({http::Method::Get, kPattern, Access::owner(Scope::Read), show_traffic});
  routes.push_back({http::Method::Put, kPattern, Access::owner(Scope::Account), set_cap});
}

namespace {

// Far beyond every line, so that sums of it never wrap.
constexpr std::int64_t kMaxCapBytes = std::int64_t{1} << 60;

std::string_view state_of(const deploy::ProjectTraffic& traffic) {
  if (!traffic.is_over() || traffic.cap->action == meta::kNotify) return "shown";
  return traffic.cap->action == meta::kPause ? "paused" : "throttled";
}

std::string month_text(std::int64_t month) {
  const std::string digits = std::to_string(month);
  return digits.substr(0, 4) + "-" + digits.substr(4);
}

http::ApiResponse encode(const deploy::ProjectTraffic& traffic) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("project", traffic.project.name);
  json.member("month", month_text(traffic.month));
  json.member("bytes", traffic.used.bytes);
  json.member("cap_bytes", traffic.cap ? traffic.cap->bytes : std::uint64_t{0});
  json.member("action", traffic.cap ? std::string_view(traffic.cap->action) : meta::kNotify);
  json.member("set_by_admin", traffic.cap && traffic.cap->is_by_admin);
  json.member("state", state_of(traffic));
  json.member("resets_at", to_rfc3339(meta::start_of_month(meta::month_after(traffic.month))));
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> show_traffic(Call& call) {
  return encode(SITEPOD_TRY(deploy::load_traffic(call.rooms.meta, call.caller, {call.parameters[0], ""}, call.now)));
}

Result<deploy::WantedCap> decode(const api::Fields& fields) {
  const auto bytes = SITEPOD_TRY(fields.integer("cap_bytes", 0, kMaxCapBytes));
  if (!bytes) return invalid_request("The field \"cap_bytes\" is required: bytes of a month, 0 for no cap.");
  deploy::WantedCap wanted{static_cast<std::uint64_t>(*bytes),
                           SITEPOD_TRY(fields.text("action")).value_or(std::string(meta::kNotify))};
  for (const std::string_view known : {meta::kNotify, meta::kThrottle, meta::kPause})
    if (wanted.action == known) return wanted;
  return invalid_request("The field \"action\" must be \"notify\", \"throttle\" or \"pause\".");
}

// When it answers, visitors see it.
Result<http::ApiResponse> set_cap(Call& call) {
  // Whose it is comes before what is wrong with the request.
  SITEPOD_TRY(call.rooms.deployer.load_project(call.caller, {call.parameters[0], ""}));
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const deploy::WantedCap wanted = SITEPOD_TRY(decode(body.fields(call.request)));
  const deploy::ProjectTraffic traffic =
      SITEPOD_TRY(deploy::set_traffic_cap(call.rooms.meta, call.caller, {call.parameters[0], ""}, wanted, call.now));
  SITEPOD_TRY_WITH(call.rooms.publication.publish_project(traffic.project.id), "publishing " + traffic.project.name);
  return encode(traffic);
}

}  // namespace
}  // namespace sitepod::control
