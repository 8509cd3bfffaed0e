#include "api/json_writer.hpp"
#include "api/problem.hpp"
#include "api/requests.hpp"
#include "base/log.hpp"
#include "control/image_json.hpp"
#include "control/rooms.hpp"
#include "meta/records.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> commit(Call& call);

}  // namespace

void add_commit_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/commit", Access::owner(identity::Scope::Deploy), commit});
}

namespace {

http::ApiResponse missing_blobs(const std::vector<Digest>& missing) {
  std::vector<std::string> names;
  for (const Digest& name : missing) names.push_back(name.hex());
  const Error error =
      invalid("missing_blobs", std::to_string(names.size()) + " of the plan's files have not been uploaded.");
  return json_response(400, api::encode_problem(error, names));
}

std::string encode_image(const deploy::Committed& committed) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  write_image(json, committed);
  json.end_object();
  return out;
}

// A repeated commit is not counted again: its image is older than the request.
void count(Call& call, const meta::Image& image) {
  if (image.created_at != call.now) return;
  const auto plan =
      call.rooms.meta.read([&](meta::Session& session) { return meta::find_plan_head(session, image.plan_id); });
  if (!plan.ok() || !plan->has_value()) return;
  call.rooms.metrics.count_commit(static_cast<double>(now().unix_ms - (*plan)->created_at.unix_ms) / 1000);
}

Result<http::ApiResponse> commit(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::CommitRequest request = SITEPOD_TRY(api::decode_commit(body.fields(call.request)));
  const deploy::Committed committed =
      SITEPOD_TRY(call.rooms.deployer.commit(call.caller, request.plan_id, request.message, call.now));
  if (committed.adopted_files > 0) call.rooms.metrics.count_uploads(committed.adopted_files, committed.adopted_bytes);
  if (!committed.missing.empty()) return missing_blobs(committed.missing);
  count(call, committed.image);
  // The image is there whether or not its index could be built ahead; a release builds it again.
  Result<void> compiled = call.rooms.publication.compile_image(committed.image.id);
  if (!compiled.ok())
    log::error("image not compiled", {{"image", committed.image.id}, {"cause", compiled.error().context}});
  return json_response(200, encode_image(committed));
}

}  // namespace
}  // namespace sitepod::control
