#include "api/json_writer.hpp"
#include "api/requests.hpp"
#include "base/log.hpp"
#include "control/alias_urls.hpp"
#include "control/image_json.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> deploy_archive(Call& call);

}  // namespace

void add_archive_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/deploy", Access::owner_upload(), deploy_archive});
  // What "curl -T site.zip" sends.
  routes.push_back({http::Method::Put, "/api/v1/deploy", Access::owner_upload(), deploy_archive});
}

namespace {

void write_plan(api::JsonWriter& json, const deploy::ArchiveCommitted& done) {
  json.member("plan_id", done.planned.plan_id);
  json.member("upload_mode", "direct");
  json.member("reusable", done.planned.reusable);
  json.member("expires_at", to_rfc3339(done.planned.expires_at));
  json.key("missing").begin_array().end_array();
  json.key("upload_urls").begin_object().end_object();
}

std::string encode(Call& call, const deploy::ArchiveCommitted& done, const deploy::Released& released) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  write_plan(json, done);
  write_image(json, done.committed);
  json.member("url", released.url);
  write_alias_urls(json, call, released);
  json.member("environment", released.environment);
  json.member("env", released.environment);
  json.member("previous_image_id", released.previous_image_id);
  json.key("skipped").begin_array();
  for (const std::string& name : done.skipped) json.value(name);
  json.end_array();
  json.member("stripped", done.stripped);
  json.end_object();
  return out;
}

// Everything stands in the query: the body is the archive.
Result<deploy::ArchiveRequest> decode(const Call& call) {
  const api::Fields fields = query_fields(call.request);
  api::ReleaseFields release = SITEPOD_TRY(api::decode_release(fields, call.request.header("If-Match")));
  if (!release.image_id.empty())
    return invalid_request("The field \"image_id\" has no meaning here: the body is the image.");
  if (release.project.name.empty() || !release.project.id.empty())
    return invalid_request("The field \"project\" is required: a project's name.");
  deploy::ArchiveRequest archive;
  archive.message = SITEPOD_TRY(fields.text("message")).value_or("");
  archive.git = {SITEPOD_TRY(fields.text("git_commit")).value_or(""),
                 SITEPOD_TRY(fields.text("git_branch")).value_or(""),
                 SITEPOD_TRY(fields.text("git_message")).value_or("")};
  archive.may_strip = SITEPOD_TRY(fields.boolean("strip")).value_or(true);
  archive.release = {{std::move(release.project.name), ""},
                     std::move(release.environment),
                     "",
                     std::move(release.expected_image_id),
                     release.source_seq,
                     release.expects_any_image};
  return archive;
}

Result<http::ApiResponse> deploy_archive(Call& call) {
  deploy::ArchiveRequest request = SITEPOD_TRY(decode(call));
  std::uint64_t received = 0;
  const deploy::ReadBody counted = [&, read = reader_of(call.request)](std::span<std::byte> out) {
    Result<std::size_t> count = read(out);
    if (count.ok()) received += *count;
    return count;
  };
  const deploy::ArchiveCommitted done =
      SITEPOD_TRY(call.rooms.deployer.commit_archive(call.caller, request, counted, call.now));
  call.rooms.metrics.count_plan(done.planned.entries->size(), done.planned.reusable);
  call.rooms.metrics.count_uploads(done.planned.entries->size(), received);
  call.rooms.metrics.count_commit(static_cast<double>(now().unix_ms - call.now.unix_ms) / 1000);
  // The image is there whether or not its index could be built ahead; a release builds it again.
  if (Result<void> compiled = call.rooms.publication.compile_image(done.committed.image.id); !compiled.ok())
    log::error("image not compiled", {{"image", done.committed.image.id}, {"cause", compiled.error().context}});
  request.release.image_id = done.committed.image.id;
  const deploy::Released released = SITEPOD_TRY(call.rooms.deployer.release(call.caller, request.release, call.now));
  SITEPOD_TRY_WITH(call.rooms.publication.publish_project(released.project.id), "publishing " + released.project.name);
  call.rooms.metrics.count_release("deploy");
  return json_response(200, encode(call, done, released));
}

}  // namespace
}  // namespace sitepod::control
