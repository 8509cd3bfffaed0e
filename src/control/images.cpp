#include <algorithm>

#include "api/json_writer.hpp"
#include "api/requests.hpp"
#include "control/paging.hpp"
#include "control/rooms.hpp"
#include "tree/media_type.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> show_current(Call& call);
// In the environment that was asked about; in any without one.
bool is_current(const deploy::ListedImage& listed, const std::string& environment) {
  const std::vector<std::string>& live = listed.deployed_to;
  return environment.empty() ? !live.empty() : std::find(live.begin(), live.end(), environment) != live.end();
}

Result<http::ApiResponse> list_history(Call& call);
Result<http::ApiResponse> list_images(Call& call);
Result<http::ApiResponse> show_image(Call& call);
Result<http::ApiResponse> list_events(Call& call);

}  // namespace

void add_image_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Get, "/api/v1/current", Access::owner(identity::Scope::Read), show_current});
  routes.push_back({http::Method::Get, "/api/v1/history", Access::owner(identity::Scope::Read), list_history});
  routes.push_back({http::Method::Get, "/api/v1/images", Access::owner(identity::Scope::Read), list_images});
  routes.push_back({http::Method::Get, "/api/v1/images/{id}", Access::owner(identity::Scope::Read), show_image});
  routes.push_back({http::Method::Get, "/api/v1/events", Access::owner(identity::Scope::Read), list_events});
}

namespace {

constexpr std::int64_t kMaxPage = 200;
constexpr std::int64_t kHistoryPage = 20;
constexpr std::int64_t kImagePage = 50;

Result<deploy::ProjectRef> project_of(const Call& call) {
  api::ProjectFields project = SITEPOD_TRY(api::decode_project(query_fields(call.request)));
  return deploy::ProjectRef{std::move(project.name), std::move(project.id)};
}

// What every list of images says about one.
void write_image_members(api::JsonWriter& json, const deploy::ListedImage& listed) {
  const meta::Image& image = listed.image;
  json.member("image_id", image.id);
  json.member("content_hash", image.manifest.hex());
  json.member("created_at", to_rfc3339(image.created_at));
  json.member("message", image.message);
  json.member_or_null("git_commit", image.git.commit);
  json.member_or_null("git_branch", image.git.branch);
  json.member_or_null("git_message", image.git.message);
  json.member("file_count", image.file_count);
  json.member("total_size", image.total_size);
  json.member("version", "v" + std::to_string(image.version));
  json.member("source", image.source);
  json.key("deployed_to").begin_array();
  for (const std::string& environment : listed.deployed_to) json.value(environment);
  json.end_array();
}

Result<http::ApiResponse> show_current(Call& call) {
  const deploy::ProjectRef project = SITEPOD_TRY(project_of(call));
  const std::string environment = SITEPOD_TRY(api::decode_environment(query_fields(call.request)));
  const deploy::CurrentDeployment current =
      SITEPOD_TRY(call.rooms.deployer.load_current(call.caller, project, environment));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("project", current.project.name);
  json.member("environment", current.environment.name);
  json.member("env", current.environment.name);
  json.member("image_id", current.image.id);
  json.member("content_hash", current.image.manifest.hex());
  json.member("deployed_at", to_rfc3339(current.environment.updated_at));
  json.member("file_count", current.image.file_count);
  json.member("total_size", current.image.total_size);
  json.member("url", current.url);
  json.member("message", current.image.message);
  json.member_or_null("git_commit", current.image.git.commit);
  json.member_or_null("git_branch", current.image.git.branch);
  json.end_object();
  http::ApiResponse response = json_response(200, std::move(out));
  // What If-Match of a release compares.
  response.headers.push_back({"ETag", "\"" + current.image.id + "\""});
  return response;
}

http::ApiResponse page_response(const Call& call, const api::PageFields& page, std::int64_t total, std::string body) {
  http::ApiResponse response = json_response(200, std::move(body));
  if (total - page.limit > page.offset) add_next_link(response, call.request, page);
  return response;
}

Result<http::ApiResponse> list_history(Call& call) {
  const api::Fields fields = query_fields(call.request);
  const deploy::ProjectRef project = SITEPOD_TRY(project_of(call));
  const api::PageFields page = SITEPOD_TRY(api::decode_page(fields, kHistoryPage, kMaxPage));
  const std::string environment = SITEPOD_TRY(api::find_environment(fields)).value_or("");
  const deploy::ImagePage images =
      SITEPOD_TRY(call.rooms.deployer.list_images(call.caller, project, environment, page.limit, page.offset));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("items").begin_array();
  for (const deploy::ListedImage& listed : images.images) {
    json.begin_object();
    write_image_members(json, listed);
    json.member("status", is_current(listed, environment) ? "current" : "-");
    json.end_object();
  }
  json.end_array().member("total", images.total).end_object();
  return page_response(call, page, images.total, std::move(out));
}

Result<http::ApiResponse> list_images(Call& call) {
  const deploy::ProjectRef project = SITEPOD_TRY(project_of(call));
  const api::PageFields page = SITEPOD_TRY(api::decode_page(query_fields(call.request), kImagePage, kMaxPage));
  const deploy::ImagePage images =
      SITEPOD_TRY(call.rooms.deployer.list_images(call.caller, project, "", page.limit, page.offset));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("images").begin_array();
  for (const deploy::ListedImage& listed : images.images) {
    json.begin_object();
    json.member("id", listed.image.id);
    json.member("project_id", listed.image.project_id);
    write_image_members(json, listed);
    json.member("files_count", listed.image.file_count);
    json.end_object();
  }
  json.end_array();
  json.member("total", images.total);
  json.member("page", page.offset / page.limit + 1);
  json.member("limit", page.limit);
  json.end_object();
  return page_response(call, page, images.total, std::move(out));
}

Result<http::ApiResponse> show_image(Call& call) {
  const deploy::ImageDetail detail = SITEPOD_TRY(call.rooms.deployer.load_image(call.caller, call.parameters[0]));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("id", detail.listed.image.id);
  json.member("project", detail.project.name);
  json.member("project_id", detail.project.id);
  write_image_members(json, detail.listed);
  json.key("files").begin_array();
  for (std::size_t i = 0; i < detail.manifest.size(); ++i) {
    const model::ManifestEntry entry = detail.manifest.at(i);
    json.begin_object();
    json.member("path", entry.path);
    json.member("size", entry.size);
    json.member("content_type", tree::served_media_type(entry.path, entry.media_type));
    json.member("sha256", entry.blob.hex());
    json.end_object();
  }
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> list_events(Call& call) {
  const api::Fields fields = query_fields(call.request);
  const bool names_project =
      SITEPOD_TRY(fields.text("project")).has_value() || SITEPOD_TRY(fields.text("project_id")).has_value();
  std::optional<deploy::ProjectRef> project;
  if (names_project) project = SITEPOD_TRY(project_of(call));
  const api::PageFields page = SITEPOD_TRY(api::decode_page(fields, kImagePage, kMaxPage));
  const deploy::EventPage events =
      SITEPOD_TRY(call.rooms.deployer.list_events(call.caller, project, page.limit, page.offset));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("items").begin_array();
  for (const deploy::EventPage::Item& item : events.events) {
    const meta::Event& event = item.event;
    json.begin_object();
    json.member("id", event.seq);
    json.member("action", event.action);
    json.member("project", item.project);
    json.member("environment", event.environment);
    json.member("image_id", event.image_id);
    json.member("previous_image_id", event.previous_image_id);
    json.member("subject", event.subject);
    json.member("actor", event.actor_email);
    json.member("actor_id", event.actor_id);
    json.member("address", event.actor_address);
    json.member("token", event.token_name);
    json.member("created_at", to_rfc3339(event.created_at));
    json.end_object();
  }
  json.end_array().member("total", events.total).end_object();
  return page_response(call, page, events.total, std::move(out));
}

}  // namespace
}  // namespace sitepod::control
