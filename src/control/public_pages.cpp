#include <array>

#include "api/json_writer.hpp"
#include "api/page_requests.hpp"
#include "control/paging.hpp"
#include "control/public_api.hpp"
#include "control/received_media.hpp"
#include "http/limits.hpp"
#include "http/target.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> save_pages(Call& call);
Result<http::ApiResponse> list_pages(Call& call);
Result<http::ApiResponse> show_page(Call& call);
Result<http::ApiResponse> delete_page(Call& call);
Result<http::ApiResponse> list_authors(Call& call);
// As a later generation of this API writes them.
Result<http::ApiResponse> create_page_of_site(Call& call);
Result<http::ApiResponse> save_pages_of_site(Call& call);
Result<http::ApiResponse> list_pages_of_site(Call& call);
Result<http::ApiResponse> list_authors_of_site(Call& call);

}  // namespace

void add_public_page_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/public/pages", Access::content(), save_pages});
  routes.push_back({http::Method::Get, "/api/v1/public/pages", Access::content(), list_pages});
  routes.push_back({http::Method::Get, "/api/v1/public/pages/{slug}", Access::content(), show_page});
  routes.push_back({http::Method::Delete, "/api/v1/public/pages/{slug}", Access::content(), delete_page});
  routes.push_back({http::Method::Get, "/api/v1/public/authors", Access::content(), list_authors});
  routes.push_back({http::Method::Get, "/api/v1/public/sites/{site}/pages", Access::content(), list_pages_of_site});
  routes.push_back({http::Method::Post, "/api/v1/public/sites/{site}/pages", Access::content(), create_page_of_site});
  routes.push_back(
      {http::Method::Post, "/api/v1/public/sites/{site}/pages/batch", Access::content(), save_pages_of_site});
  routes.push_back({http::Method::Get, "/api/v1/public/sites/{site}/authors", Access::content(), list_authors_of_site});
}

namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::int64_t kMaxListed = 1'000;
constexpr std::int64_t kMaxListedWithTexts = 100;

// Reads the body as it comes. A large one needs a place, which it keeps as long as what came out of it is in use.
Result<api::PagesRequest> read_request(Call& call, std::optional<LargeBodies::Place>& place) {
  http::ApiRequest& request = call.request;
  SITEPOD_TRY(check_content_coding(request));
  if (request.content_length.value_or(0) > http::kMaxPagesBodyBytes) return payload_too_large(http::kMaxPagesBodyBytes);
  api::PagesRequestParser parser;
  std::array<char, kPieceBytes> piece;
  std::uint64_t received = 0;
  for (;;) {
    if (!place && std::max(received, request.content_length.value_or(0)) > http::kLargeBodyBytes)
      SITEPOD_TRY(call.rooms.large_bodies.take_into(place));
    const std::size_t count = SITEPOD_TRY(request.body->read(std::as_writable_bytes(std::span(piece))));
    if (count == 0) return parser.finish();
    received += count;
    if (received > http::kMaxPagesBodyBytes) return payload_too_large(http::kMaxPagesBodyBytes);
    SITEPOD_TRY(parser.feed({piece.data(), count}));
  }
}

// ---- answers -------------------------------------------------------------------------------------------------------
// The ways of saving, which differ between the generations of this API.
enum class Way : std::uint8_t { Batch, BatchOfPath, NewPage };

void write_faults(api::JsonWriter& json, const content::FieldErrors& errors) {
  json.begin_object();
  for (const auto& [field, message] : errors) json.member(field, message);
  json.end_object();
}

http::ApiResponse answer_refused(const content::SaveOutcome& outcome, Way way) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().member("error", "validation failed").member("code", "validation_failed");
  json.key("pages").begin_object();
  for (const auto& [place, errors] : outcome.refused) {
    json.key(std::to_string(place));
    write_faults(json, errors);
  }
  json.end_object();
  if (way == Way::NewPage) {
    json.key("fields");
    write_faults(json, outcome.refused.begin()->second);
  }
  json.end_object();
  return json_response(way == Way::Batch ? 400 : 422, std::move(out));
}

http::ApiResponse answer_existing(const meta::PageKey& page) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().member("error", "page already exists").member("code", "page_exists");
  json.member("message", "The site has this page; change it with POST …/pages/batch.").member("id", page.id);
  json.end_object();
  return json_response(409, std::move(out));
}

http::ApiResponse answer_unresolved(const content::SaveOutcome& outcome) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().member("error", "unresolved file references").member("code", "unresolved_file_references");
  json.key("details").begin_object();
  for (const auto& [place, count] : outcome.unresolved)
    json.key(std::to_string(place)).begin_object().member("unresolvedCount", count).end_object();
  json.end_object().end_object();
  return json_response(400, std::move(out));
}

void write_saved_members(api::JsonWriter& json, const content::SavedPage& page) {
  json.member("id", page.id);
  json.member("slug", page.slug);
  json.member("title", page.title);
  json.member("contentType", model::to_string(page.content_type));
  if (!page.section.empty()) json.member("section", page.section);
  json.member("status", page.created ? "created" : "updated");
}

// The pages are saved whether or not the build is accepted.
void write_build(api::JsonWriter& json, const Result<std::string>& build) {
  json.key("build").begin_object();
  if (build.ok()) {
    json.member("status", "queued").member("deployUrl", *build);
  } else {
    json.member("error", public_error_text(build.error())).member("message", build.error().message);
  }
  json.end_object();
}

void write_media(api::JsonWriter& json, const content::PreparedMedia& media) {
  json.key("media").begin_array();
  for (const content::PublishedFile& file : media.files)
    json.begin_object().member("filename", file.filename).member("url", file.url).end_object();
  json.end_array();
}

std::string encode_saved(const content::SaveOutcome& outcome, const api::PagesRequest& request,
                         const content::PreparedMedia& media, const Result<void>& shown,
                         const std::optional<Result<std::string>>& build) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object();
  if (request.is_flat) write_saved_members(json, outcome.pages.front());
  json.key("pages").begin_array();
  for (const content::SavedPage& page : outcome.pages) {
    json.begin_object();
    write_saved_members(json, page);
    json.end_object();
  }
  json.end_array();
  if (!media.files.empty()) write_media(json, media);
  if (!shown.ok()) write_not_shown(json, media, shown.error());
  if (request.has_deletions) {
    json.key("deleted").begin_array();
    for (const std::string& slug : outcome.deleted) json.value(slug);
    json.end_array();
  }
  if (build) write_build(json, *build);
  json.end_object();
  return out;
}

constexpr std::string_view kPayload = "payload";

Result<api::PagesRequest> parse_payload(const media::ReceivedForm& form) {
  const std::string* payload = form.find_text(kPayload);
  if (!payload) return invalid_request("the form needs a part named payload with the JSON of the request");
  api::PagesRequestParser parser;
  SITEPOD_TRY(parser.feed(*payload));
  return parser.finish();
}

// Whose pages: a site's by the request's own words, or by the path.
using FindSite = Result<meta::Project> (*)(Call& call, const api::PagesRequest& request);

Result<void> check_shape(const api::PagesRequest& request, Way way) {
  if (request.pages.empty() && request.deletions.empty())
    return invalid_request("the request needs at least one page in pages, or one entry in deleteSlugs");
  if (way == Way::NewPage && !request.is_flat)
    return invalid_request("this address takes the fields of one page; send several to pages/batch");
  return {};
}

Result<http::ApiResponse> save(Call& call, FindSite find_site, Way way) {
  std::optional<LargeBodies::Place> place;
  std::optional<ReceivedMedia> received;
  if (is_form(call.request)) received.emplace(SITEPOD_TRY(receive_media(call, http::kMaxPagesBodyBytes, kPayload)));
  api::PagesRequest request =
      received ? SITEPOD_TRY(parse_payload(received->form)) : SITEPOD_TRY(read_request(call, place));
  SITEPOD_TRY(check_shape(request, way));
  const meta::Project project = SITEPOD_TRY(find_site(call, request));
  content::PreparedMedia media;
  if (received)
    media = SITEPOD_TRY(call.rooms.content.media.prepare(project, received->form, received->folder.path(), call.now));
  content::SaveRequest save;
  save.media = media.rows;
  save.media_urls = media.urls();
  save.pages = std::move(request.pages);
  save.deletions = std::move(request.deletions);
  save.only_new = way == Way::NewPage;
  content::Builds& builds = call.rooms.content.builds;
  std::optional<Result<std::string>> build;
  const auto request_build = [&](meta::Session& session) -> Result<void> {
    if (request.build) build = builds.request(session, project, call.caller, call.now);
    return {};
  };
  const content::SaveOutcome outcome =
      SITEPOD_TRY(call.rooms.content.pages.save(project, std::move(save), call.now, request_build));
  if (!outcome.refused.empty()) return answer_refused(outcome, way);
  if (outcome.existing) return answer_existing(*outcome.existing);
  if (!outcome.unresolved.empty()) return answer_unresolved(outcome);
  const Result<void> shown = media.files.empty() ? Result<void>() : show_media(call, project);
  builds.look_at_dates();
  if (build && build->ok()) builds.wake();
  return json_response(200, encode_saved(outcome, request, media, shown, build));
}

Result<http::ApiResponse> save_pages(Call& call) {
  const FindSite find_site = [](Call& from, const api::PagesRequest& request) {
    return from.rooms.content.sites.resolve(from.caller, request.site_id, from.now);
  };
  return save(call, find_site, Way::Batch);
}

Result<meta::Project> find_site_of_path(Call& call, const api::PagesRequest&) { return site_of_path(call); }

Result<http::ApiResponse> create_page_of_site(Call& call) { return save(call, find_site_of_path, Way::NewPage); }

Result<http::ApiResponse> save_pages_of_site(Call& call) { return save(call, find_site_of_path, Way::BatchOfPath); }

// ---- GET, DELETE ---------------------------------------------------------------------------------------------------
Instant instant_of(model::Timestamp time) { return {time.time_since_epoch().count()}; }

// Fields that most pages leave to their site: only where they say something.
void write_look(api::JsonWriter& json, const model::Page& page) {
  const std::pair<std::string_view, const std::string&> texts[] = {{"ogImageUrl", page.og_image_url},
                                                                   {"theme", page.look.theme},
                                                                   {"primaryColor", page.look.primary_color},
                                                                   {"codeThemeLight", page.look.code_theme_light},
                                                                   {"codeThemeDark", page.look.code_theme_dark},
                                                                   {"fontSize", page.look.font_size}};
  for (const auto& [name, text] : texts)
    if (!text.empty()) json.member(name, text);
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    if (page.look.switches[i] != model::SwitchValue::kInherit)
      json.member(model::to_string(static_cast<model::Switch>(i)),
                  page.look.switches[i] == model::SwitchValue::kTrue ? "true" : "false");
  if (page.show_listings) json.member("showListings", true);
  if (page.order) json.member("order", *page.order);
  if (page.aliases.empty()) return;
  json.key("aliases").begin_array();
  for (const std::string& alias : page.aliases) json.value(alias);
  json.end_array();
}

enum class Content : bool { No, Yes };

void write_listed(api::JsonWriter& json, const content::Pages::Listed& listed, const std::string& site_url,
                  Content content) {
  const model::Page& page = listed.page;
  json.begin_object();
  json.member("id", page.id);
  json.member("slug", page.slug);
  json.member("title", page.title);
  json.member("contentType", model::to_string(page.content_type));
  if (!page.section.empty()) json.member("section", page.section);
  json.member("description", page.description);
  json.member("draft", page.draft);
  json.key("tags").begin_array();
  for (const std::string& tag : page.tags) json.value(tag);
  json.end_array();
  json.key("publishedAt");
  page.published_at ? json.value(whole_seconds(instant_of(*page.published_at))) : json.null();
  json.member("language", page.language);
  json.member("apiEndpoint", page.api_endpoint);
  json.member("authorId", page.author_id);
  json.member("hasPassword", !page.password_hash.empty());
  json.member("createdAt", whole_seconds(instant_of(page.created_at)));
  json.member("updatedAt", whole_seconds(instant_of(page.updated_at)));
  json.member("url", site_url + model::page_path(page.content_type, page.section, page.slug));
  write_look(json, page);
  json.member("contentHash", listed.content_hash.hex());
  if (content == Content::Yes) json.member("content", page.content);
  json.end_object();
}

Result<std::optional<model::ContentType>> content_type_of(const api::Fields& fields) {
  const std::optional<std::string> text = SITEPOD_TRY(fields.text("contentType"));
  if (!text || text->empty()) return std::optional<model::ContentType>();
  const std::optional<model::ContentType> type = model::parse_content_type(*text);
  if (!type) return invalid_request("contentType must be docs, blog, standalone or homepage");
  return type;
}

// "section=" asks for pages without a section; nothing: for those of any.
Result<std::optional<std::string>> section_of(const Call& call, const api::Fields& fields) {
  std::optional<std::string> section = SITEPOD_TRY(fields.text("section"));
  return section ? section : http::query_parameter(call.request.query, "section");
}

Result<meta::Project> site_of(Call& call, const api::Fields& fields) {
  return call.rooms.content.sites.resolve(call.caller, SITEPOD_TRY(fields.text("siteId")).value_or(""), call.now);
}

Result<std::string> url_of_site(Call& call, const meta::Project& project) {
  const content::Settings settings = SITEPOD_TRY(call.rooms.content.sites.load_settings(project.id));
  return call.rooms.deployer.settings().urls.environment_url(project.subdomain, settings.environment);
}

// With "include=content" a page of the list has at most 100 pages: their texts stand in memory.
using FindListedSite = Result<meta::Project> (*)(Call& call, const api::Fields& fields);

Result<http::ApiResponse> list(Call& call, FindListedSite find_site) {
  const api::Fields fields = query_fields(call.request);
  meta::PageFilter filter;
  const std::string include = SITEPOD_TRY(fields.text("include")).value_or("");
  if (!include.empty() && include != "content") return invalid_request("include must be content");
  const bool with_texts = !include.empty();
  filter.content_type = SITEPOD_TRY(content_type_of(fields));
  const std::optional<std::int64_t> limit =
      SITEPOD_TRY(fields.integer("limit", 1, with_texts ? kMaxListedWithTexts : kMaxListed));
  const std::optional<std::int64_t> offset = SITEPOD_TRY(fields.integer("offset", 0, INT64_MAX));
  if (with_texts) filter.limit = kMaxListedWithTexts;
  if (limit) filter.limit = *limit;
  if (offset) filter.offset = *offset;
  const meta::Project project = SITEPOD_TRY(find_site(call, fields));
  using Texts = content::Pages::Texts;
  const content::Pages::Listing listing =
      SITEPOD_TRY(call.rooms.content.pages.list(project, filter, with_texts ? Texts::Yes : Texts::No));
  const std::string url = SITEPOD_TRY(url_of_site(call, project));
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("pages").begin_array();
  for (const content::Pages::Listed& page : listing.pages)
    write_listed(json, page, url, with_texts ? Content::Yes : Content::No);
  json.end_array();
  if (limit || offset || with_texts) json.member("total", listing.total);
  json.end_object();
  http::ApiResponse response = json_response(200, std::move(out));
  const api::PageFields page{filter.limit, filter.offset};
  if ((limit || with_texts) && listing.total - page.limit > page.offset) add_next_link(response, call.request, page);
  return response;
}

Result<http::ApiResponse> list_pages(Call& call) { return list(call, site_of); }

Result<http::ApiResponse> list_pages_of_site(Call& call) {
  return list(call, [](Call& from, const api::Fields&) { return site_of_path(from); });
}

http::ApiResponse answer_ambiguous(const std::vector<meta::PageKey>& matches) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().member("error", "slug is ambiguous").member("code", "slug_is_ambiguous");
  json.key("matches").begin_array();
  for (const meta::PageKey& key : matches) {
    json.begin_object().member("id", key.id).member("slug", key.slug);
    json.member("contentType", model::to_string(key.content_type));
    if (!key.section.empty()) json.member("section", key.section);
    json.end_object();
  }
  json.end_array().end_object();
  return json_response(400, std::move(out));
}

Result<http::ApiResponse> show_page(Call& call) {
  const api::Fields fields = query_fields(call.request);
  const std::optional<model::ContentType> type = SITEPOD_TRY(content_type_of(fields));
  const std::optional<std::string> section = SITEPOD_TRY(section_of(call, fields));
  const meta::Project project = SITEPOD_TRY(site_of(call, fields));
  const auto found = SITEPOD_TRY(call.rooms.content.pages.find(project, call.parameters[0], type, section));
  if (found.empty()) return not_found("not_found", "page not found");
  if (found.size() > 1) {
    std::vector<meta::PageKey> keys;
    for (const content::Pages::Listed& each : found)
      keys.push_back({each.page.id, each.page.content_type, each.page.section, each.page.slug});
    return answer_ambiguous(keys);
  }
  std::string out;
  api::JsonWriter json(out);
  write_listed(json, found.front(), SITEPOD_TRY(url_of_site(call, project)), Content::Yes);
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> delete_page(Call& call) {
  const api::Fields fields = query_fields(call.request);
  const std::optional<model::ContentType> type = SITEPOD_TRY(content_type_of(fields));
  const std::optional<std::string> section = SITEPOD_TRY(section_of(call, fields));
  const meta::Project project = SITEPOD_TRY(site_of(call, fields));
  const content::EraseOutcome outcome =
      SITEPOD_TRY(call.rooms.content.pages.erase(project, call.parameters[0], type, section));
  if (outcome.matches.empty()) return not_found("not_found", "page not found");
  if (outcome.matches.size() > 1) return answer_ambiguous(outcome.matches);
  http::ApiResponse response;
  response.status = 204;
  return response;
}

Result<http::ApiResponse> list_authors_of(Call& call, const meta::Project& project) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("authors").begin_array();
  for (const model::Author& author : SITEPOD_TRY(call.rooms.content.sites.list_authors(project.owner_id))) {
    json.begin_object().member("id", author.id).member("name", author.name).member("slug", author.slug);
    json.member("bio", author.bio).member("avatarUrl", author.avatar_url).end_object();
  }
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> list_authors(Call& call) {
  return list_authors_of(call, SITEPOD_TRY(site_of(call, query_fields(call.request))));
}

Result<http::ApiResponse> list_authors_of_site(Call& call) {
  return list_authors_of(call, SITEPOD_TRY(site_of_path(call)));
}

}  // namespace
}  // namespace sitepod::control
