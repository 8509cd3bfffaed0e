#include "domains/domains.hpp"

#include "api/json_writer.hpp"
#include "api/requests.hpp"
#include "control/rooms.hpp"
#include "domains/proof.hpp"
#include "model/domain_name.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> list_domains(Call& call);
Result<http::ApiResponse> add_domain(Call& call);
Result<http::ApiResponse> verify_domain(Call& call);
Result<http::ApiResponse> remove_domain(Call& call);
Result<http::ApiResponse> rename_subdomain(Call& call);
Result<http::ApiResponse> check_host(Call& call);
Result<http::ApiResponse> check_subdomain(Call& call);

}  // namespace

void add_domain_routes(std::vector<Route>& routes) {
  using identity::Scope;
  routes.push_back({http::Method::Get, "/api/v1/domains", Access::owner(Scope::Read), list_domains});
  routes.push_back({http::Method::Post, "/api/v1/domains", Access::owner(Scope::Deploy), add_domain});
  routes.push_back({http::Method::Delete, "/api/v1/domains", Access::owner(Scope::Deploy), remove_domain});
  routes.push_back({http::Method::Post, "/api/v1/domains/verify", Access::owner(Scope::Deploy), verify_domain});
  routes.push_back({http::Method::Put, "/api/v1/domains/rename", Access::owner(Scope::Deploy), rename_subdomain});
  routes.push_back({http::Method::Get, "/api/v1/domains/check", Access::everyone(), check_host});
  routes.push_back({http::Method::Delete, "/api/v1/domains/{domain}", Access::owner(Scope::Deploy), remove_domain});
  routes.push_back(
      {http::Method::Post, "/api/v1/domains/{domain}/verify", Access::owner(Scope::Deploy), verify_domain});
  routes.push_back({http::Method::Get, "/api/v1/subdomain/check", Access::token(Scope::Read), check_subdomain});
}

namespace {

std::string_view type_of(const domains::Listed& listed) { return listed.is_system ? "system" : "custom"; }

std::string txt_line(const meta::Domain& entry) {
  return domains::record_name(entry.domain) + " TXT \"" + entry.token + "\"";
}

void write_entry(api::JsonWriter& json, const domains::Listed& listed, bool wants_record) {
  const meta::Domain& entry = listed.entry;
  json.member("id", entry.id);
  json.member("domain", entry.domain);
  json.member("slug", entry.slug);
  json.member("type", type_of(listed));
  json.member("status", entry.status);
  json.member("is_primary", listed.is_system);
  json.member("project", listed.project);
  json.member("project_id", entry.project_id);
  json.member("created_at", to_rfc3339(entry.created_at));
  json.member_or_null("verification_txt", wants_record && !entry.token.empty() ? txt_line(entry) : std::string());
}

std::string encode_list(const std::vector<domains::Listed>& entries) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  for (const std::string_view name : {"domains", "items"}) {
    json.key(name).begin_array();
    for (const domains::Listed& listed : entries) {
      json.begin_object();
      write_entry(json, listed, true);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return out;
}

std::string encode_added(const domains::Listed& listed) {
  const meta::Domain& entry = listed.entry;
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  // Existing clients take a record in this answer for one that has still to be made.
  write_entry(json, listed, !entry.is_active());
  json.member("verification_token", entry.token);
  json.member("cname_target", listed.host);
  if (!entry.token.empty()) {
    json.key("verification").begin_object();
    json.member("type", "txt");
    json.member("name", domains::record_name(entry.domain));
    json.member("value", entry.token);
    json.end_object();
  }
  json.end_object();
  return out;
}

Result<void> publish_all(Call& call, const std::vector<std::string>& project_ids) {
  for (const std::string& id : project_ids)
    SITEPOD_TRY_WITH(call.rooms.publication.publish_project(id), "publishing " + id);
  return {};
}

Result<domains::ProjectRef> read_project(const api::Fields& fields) {
  api::ProjectFields project = SITEPOD_TRY(api::decode_project(fields));
  return domains::ProjectRef{std::move(project.name), std::move(project.id)};
}

// From the path, else from body or query.
Result<std::string> read_domain(const Call& call, const api::Fields& fields) {
  if (!call.parameters.empty()) return call.parameters[0];
  return fields.required_text("domain");
}

Result<http::ApiResponse> list_domains(Call& call) {
  const api::Fields fields = query_fields(call.request);
  const bool names_project =
      SITEPOD_TRY(fields.text("project")).has_value() || SITEPOD_TRY(fields.text("project_id")).has_value();
  std::optional<domains::ProjectRef> project;
  if (names_project) project = SITEPOD_TRY(read_project(fields));
  return json_response(200, encode_list(SITEPOD_TRY(call.rooms.domains.list(call.caller, project))));
}

Result<http::ApiResponse> add_domain(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::Fields fields = body.fields(call.request);
  const domains::ProjectRef project = SITEPOD_TRY(read_project(fields));
  const std::string domain = SITEPOD_TRY(fields.required_text("domain"));
  const std::string slug = SITEPOD_TRY(fields.text("slug")).value_or("/");
  const domains::Added added = SITEPOD_TRY(call.rooms.domains.add(call.caller, project, domain, slug, call.now));
  SITEPOD_TRY(publish_all(call, added.changed_projects));
  return json_response(201, encode_added(added.listed));
}

Result<http::ApiResponse> verify_domain(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const std::string domain = SITEPOD_TRY(read_domain(call, body.fields(call.request)));
  const domains::Verified verified = SITEPOD_TRY(call.rooms.domains.verify(call.caller, domain, call.now));
  SITEPOD_TRY(publish_all(call, verified.changed_projects));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("domain", verified.domain);
  json.member("status", verified.verified ? "active" : "pending");
  json.member("verified", verified.verified);
  json.member("message", verified.message);
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> remove_domain(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::Fields fields = body.fields(call.request);
  const std::string domain = SITEPOD_TRY(read_domain(call, fields));
  const std::optional<std::string> slug = SITEPOD_TRY(fields.text("slug"));
  const auto changed = SITEPOD_TRY(call.rooms.domains.remove(call.caller, domain, slug, call.now));
  SITEPOD_TRY(publish_all(call, changed));
  return json_response(200, R"({"deleted":true})");
}

Result<http::ApiResponse> rename_subdomain(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  // The query's project wins over the body's (deploy API §2, row 13).
  const api::Fields query = query_fields(call.request);
  const bool in_query =
      SITEPOD_TRY(query.text("project")).has_value() || SITEPOD_TRY(query.text("project_id")).has_value();
  const domains::ProjectRef project = SITEPOD_TRY(read_project(in_query ? query : body.fields_of_body()));
  const std::string wanted = SITEPOD_TRY(body.fields(call.request).required_text("new_subdomain"));
  const domains::Renamed renamed = SITEPOD_TRY(call.rooms.domains.rename(call.caller, project, wanted, call.now));
  SITEPOD_TRY(publish_all(call, renamed.changed_projects));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("project", renamed.project.name);
  json.member("old_subdomain", renamed.old_subdomain);
  json.member("new_subdomain", renamed.project.subdomain);
  json.member("domain", renamed.new_host);
  json.member("old_domain", renamed.old_host);
  json.member("new_domain", renamed.new_host);
  json.member("message", renamed.changed_projects.empty()
                             ? "The project has this subdomain already."
                             : "The project is at " + renamed.new_host + " now; " + renamed.old_host +
                                   " has stopped. CNAME records that point to it must change within a week.");
  json.end_object();
  return json_response(200, std::move(out));
}

// For proxies that ask before they get a certificate. One look into the table of hosts, whatever its size.
Result<http::ApiResponse> check_host(Call& call) {
  const RateLimiter::Verdict verdict = call.rooms.host_checks.count(call.request.peer_address, call.now);
  if (!verdict.allowed)
    return Error{ErrorKind::RateLimited, "rate_limited", "Too many checks from this address; wait a moment.", {}, {}}
        .detail("retry_after", std::to_string(verdict.retry_after));
  const std::string host = model::plain_host(SITEPOD_TRY(query_fields(call.request).required_text("domain")));
  const std::string& base = call.rooms.domains.settings().base_domain;
  const bool is_known =
      host == base || host == "app." + base || host == "www." + base || call.rooms.publication.shows_host(host);
  if (!is_known) return not_found("not_found", "This server has no such host.");
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("domain", host);
  json.member("allowed", true);
  json.end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> check_subdomain(Call& call) {
  const std::string wanted = SITEPOD_TRY(query_fields(call.request).required_text("subdomain"));
  const domains::Availability answer = SITEPOD_TRY(call.rooms.domains.check_subdomain(wanted));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  json.member("available", answer.available);
  json.member("subdomain", answer.subdomain);
  if (!answer.available) {
    json.member("suggestion", answer.suggestion);
    json.member("reason", answer.reason);
  }
  json.end_object();
  return json_response(200, std::move(out));
}

}  // namespace
}  // namespace sitepod::control
