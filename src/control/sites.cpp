#include "api/json_writer.hpp"
#include "control/public_api.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> show_site(Call& call);
Result<http::ApiResponse> change_site(Call& call);

}  // namespace

void add_site_routes(std::vector<Route>& routes) {
  const Access access = Access::owner(identity::Scope::Content);
  routes.push_back({http::Method::Get, "/api/v1/projects/{name}/site", access, show_site});
  routes.push_back({http::Method::Patch, "/api/v1/projects/{name}/site", access, change_site});
}

namespace {

using api::JsonValue;

Error wrong_type(std::string_view name, std::string_view wanted) {
  return invalid_request("The field \"" + std::string(name) + "\" must be " + std::string(wanted) + ".");
}

Result<std::optional<std::vector<model::NavigationLink>>> decode_links(const JsonValue& body, std::string_view name) {
  std::optional<std::vector<model::NavigationLink>> links;
  const JsonValue* list = body.find(name);
  if (!list || list->kind == JsonValue::Kind::Null) return links;
  if (list->kind != JsonValue::Kind::Array) return wrong_type(name, "an array of {title, url}");
  links.emplace();
  for (const JsonValue& item : list->items) {
    const JsonValue* title = item.find("title");
    const JsonValue* url = item.find("url");
    if (!title || !url || title->kind != JsonValue::Kind::Text || url->kind != JsonValue::Kind::Text)
      return wrong_type(name, "an array of {title, url}");
    links->push_back({title->text, url->text});
  }
  return links;
}

// Switches and other flags may be JSON's true and false.
Result<content::SettingsChange> decode_settings(const JsonValue& body) {
  content::SettingsChange change;
  for (const std::string& name : content::setting_names()) {
    const JsonValue* value = body.find(name);
    if (!value || value->kind == JsonValue::Kind::Null) continue;
    if (value->kind == JsonValue::Kind::Boolean)
      change.values.emplace_back(name, value->boolean ? "true" : "false");
    else if (value->kind == JsonValue::Kind::Text)
      change.values.emplace_back(name, value->text);
    else
      return wrong_type(name, "a string");
  }
  change.navigation = SITEPOD_TRY(decode_links(body, "navigation"));
  change.footer = SITEPOD_TRY(decode_links(body, "footer"));
  return change;
}

void write_links(api::JsonWriter& json, std::string_view name, const std::vector<model::NavigationLink>& links) {
  json.key(name).begin_array();
  for (const model::NavigationLink& link : links)
    json.begin_object().member("title", link.title).member("url", link.url).end_object();
  json.end_array();
}

http::ApiResponse answer_settings(Call& call, const meta::Project& project, const content::Settings& settings) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("siteId", content::site_id_of(project.id));
  json.member("project", project.name);
  json.member("url", call.rooms.deployer.settings().urls.environment_url(project.subdomain, settings.environment));
  for (const std::string& name : content::setting_names()) {
    if (name == "allowRawHtml")
      json.member(name, settings.site.allow_raw_html);
    else
      json.member(name, content::setting_value(settings, name));
  }
  write_links(json, "navigation", settings.site.navigation);
  write_links(json, "footer", settings.site.footer);
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> show_site(Call& call) {
  SITEPOD_TRY(check_may_use_content(call.rooms.content, call.caller));
  const deploy::ListedProject found =
      SITEPOD_TRY(call.rooms.deployer.load_project(call.caller, {call.parameters[0], ""}));
  return answer_settings(call, found.project, SITEPOD_TRY(call.rooms.content.sites.load_settings(found.project.id)));
}

Result<http::ApiResponse> change_site(Call& call) {
  SITEPOD_TRY(check_may_use_content(call.rooms.content, call.caller));
  const deploy::ListedProject found =
      SITEPOD_TRY(call.rooms.deployer.load_project(call.caller, {call.parameters[0], ""}));
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const content::SettingsChange change = SITEPOD_TRY(decode_settings(body.object()));
  return answer_settings(call, found.project,
                         SITEPOD_TRY(call.rooms.content.sites.change_settings(found.project.id, change)));
}

}  // namespace
}  // namespace sitepod::control
