#include "api/json_writer.hpp"
#include "api/requests.hpp"
#include "control/alias_urls.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> release(Call& call);
Result<http::ApiResponse> roll_back(Call& call);

}  // namespace

void add_release_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/release", Access::owner(identity::Scope::Deploy), release});
  routes.push_back({http::Method::Post, "/api/v1/rollback", Access::owner(identity::Scope::Deploy), roll_back});
}

namespace {

std::string encode_released(Call& call, const deploy::Released& released) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("url", released.url);
  write_alias_urls(json, call, released);
  json.member("project", released.project.name);
  json.member("environment", released.environment);
  json.member("env", released.environment);
  json.member("image_id", released.image_id);
  json.member("previous_image_id", released.previous_image_id);  // "" when there was none: the CLI takes no null
  if (!released.warnings.empty()) {
    json.key("warnings").begin_array();
    for (const std::string& warning : released.warnings) json.value(warning);
    json.end_array();
  }
  json.end_object();
  return out;
}

Result<deploy::ReleaseRequest> read_request(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  api::ReleaseFields fields =
      SITEPOD_TRY(api::decode_release(body.fields(call.request), call.request.header("If-Match")));
  return deploy::ReleaseRequest{{std::move(fields.project.name), std::move(fields.project.id)},
                                std::move(fields.environment),
                                std::move(fields.image_id),
                                std::move(fields.expected_image_id),
                                fields.source_seq,
                                fields.expects_any_image};
}

// The answer means: the next request of a visitor sees it.
Result<http::ApiResponse> publish(Call& call, const deploy::Released& released, std::string_view kind) {
  SITEPOD_TRY_WITH(call.rooms.publication.publish_project(released.project.id), "publishing " + released.project.name);
  call.rooms.metrics.count_release(kind);
  return json_response(200, encode_released(call, released));
}

Result<http::ApiResponse> release(Call& call) {
  const deploy::ReleaseRequest request = SITEPOD_TRY(read_request(call));
  return publish(call, SITEPOD_TRY(call.rooms.deployer.release(call.caller, request, call.now)), "deploy");
}

Result<http::ApiResponse> roll_back(Call& call) {
  const deploy::ReleaseRequest request = SITEPOD_TRY(read_request(call));
  return publish(call, SITEPOD_TRY(call.rooms.deployer.rollback(call.caller, request, call.now)), "rollback");
}

}  // namespace
}  // namespace sitepod::control
