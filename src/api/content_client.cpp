#include "api/content_client.hpp"

#include <charconv>

#include <fmt/format.h>

#include "api/answer_fields.hpp"
#include "api/json_value.hpp"
#include "api/json_writer.hpp"
#include "api/pages_body.hpp"
#include "http/client.hpp"
#include "http/target.hpp"
#include "model/page_fields.hpp"

namespace sitepod::api {
namespace {

using http::ClientRequest;
using http::ClientResponse;
using http::encode_component;
using Repeat = Client::Repeat;

// A list of thousands of pages or media.
constexpr std::size_t kMaxAnswerValues = 2'000'000;
constexpr std::size_t kPagesPerList = 1'000;
constexpr std::size_t kTextsPerList = 100;

Error no_answer(std::string_view what) {
  return {ErrorKind::Internal, "invalid_answer", fmt::format("The server's answer {}.", what), {}, {}};
}

Error refusal(const JsonValue& body) {
  std::string message = text_of(body, "message");
  return invalid_request(message.empty() ? text_of(body, "error") : message);
}

Result<JsonValue> body_of(const ClientResponse& response) {
  auto body = parse_json(response.body, kMaxAnswerValues);
  if (!body.ok()) return no_answer("is not JSON. Is this a sitepod server?");
  return body;
}

Result<JsonValue> ask(Client& client, Repeat repeat, const std::function<ClientRequest()>& prepare) {
  const ClientResponse response = SITEPOD_TRY(client.exchange(repeat, prepare));
  JsonValue body = SITEPOD_TRY(body_of(response));
  if (response.status == 400) return refusal(body);
  return body;
}

Result<JsonValue> get(Client& client, const std::string& path) {
  return ask(client, Repeat::Freely, [&] { return client.make_request("GET", path); });
}

RemotePage page_from(const JsonValue& item) {
  RemotePage page;
  for (const model::TextField& each : model::kTextFields)
    if (each.name != "password") page.fields.*each.field = text_of(item, each.name);
  for (const model::FlagField& each : model::kFlagFields) page.fields.*each.field = flag_of(item, each.name);
  for (const model::ListField& each : model::kListFields) {
    std::vector<std::string>& list = (page.fields.*each.field).emplace();
    for (const JsonValue& one : items_of(item, each.name)) list.push_back(one.text);
  }
  if (item.find(model::kOrderField) != nullptr) page.fields.order = integer_of(item, model::kOrderField);
  for (std::size_t i = 0; i < model::kSwitches; ++i) {
    std::string value = text_of(item, model::to_string(static_cast<model::Switch>(i)));
    page.fields.switches[i] = value.empty() ? std::string("inherit") : std::move(value);
  }
  page.content_hash = text_of(item, "contentHash");
  page.url = text_of(item, "url");
  page.updated_at = text_of(item, "updatedAt");
  page.has_password = flag_of(item, "hasPassword");
  return page;
}

std::string narrowed(std::string path, std::string_view content_type, const std::optional<std::string>& section) {
  const auto add = [&](std::string_view name, std::string_view value) {
    path += path.find('?') == std::string::npos ? '?' : '&';
    path.append(name).append("=").append(encode_component(value));
  };
  if (!content_type.empty()) add("contentType", content_type);
  if (section) add("section", *section);
  return path;
}

Error ambiguous(const JsonValue& body) {
  std::string places;
  for (const JsonValue& item : items_of(body, "matches")) {
    const std::string section = text_of(item, "section");
    places += fmt::format("{}--type {}{}", places.empty() ? "" : ", ", text_of(item, "contentType"),
                          section.empty() ? std::string() : " --section " + section);
  }
  if (places.empty()) return refusal(body);
  return invalid_request("Several pages have this slug. Say which one: " + places + ".");
}

BuildStart build_from(const JsonValue& build) {
  return {text_of(build, "deployUrl"), text_of(build, "error"), text_of(build, "message")};
}

std::size_t place_of(std::string_view key) {
  std::size_t place = 0;
  std::from_chars(key.data(), key.data() + key.size(), place);
  return place;
}

// A 400 that says which pages it is about; nothing: it is about the request.
std::optional<PagesAnswer> refused_pages(const JsonValue& body) {
  PagesAnswer answer;
  if (const JsonValue* pages = body.find("pages"))
    for (const auto& [key, fields] : pages->members)
      for (const auto& [name, message] : fields.members) answer.refused[place_of(key)].emplace_back(name, message.text);
  if (const JsonValue* pages = body.find("details"))
    for (const auto& [key, page] : pages->members)
      answer.unresolved[place_of(key)] = integer_of(page, "unresolvedCount");
  if (answer.refused.empty() && answer.unresolved.empty()) return std::nullopt;
  return answer;
}

}  // namespace

std::string ContentClient::with_site(std::string path) const {
  if (site_id_.empty()) return path;
  path += path.find('?') == std::string::npos ? '?' : '&';
  return path + "siteId=" + site_id_;
}

Result<std::vector<RemotePage>> ContentClient::list_pages(std::string_view content_type, Texts texts) {
  const std::size_t most = texts == Texts::Yes ? kTextsPerList : kPagesPerList;
  std::string path = with_site(fmt::format("/public/pages?limit={}", most));
  if (texts == Texts::Yes) path += "&include=content";
  path = narrowed(std::move(path), content_type, {});
  std::vector<RemotePage> pages;
  for (;;) {
    const JsonValue body = SITEPOD_TRY(get(client_, fmt::format("{}&offset={}", path, pages.size())));
    const std::vector<JsonValue>& items = items_of(body, "pages");
    for (const JsonValue& item : items) pages.push_back(page_from(item));
    if (items.size() < most) return pages;
  }
}

Result<RemotePage> ContentClient::find_page(std::string_view slug, std::string_view content_type,
                                            const std::optional<std::string>& section) {
  const std::string path = narrowed(with_site("/public/pages/" + encode_component(slug)), content_type, section);
  const ClientResponse response =
      SITEPOD_TRY(client_.exchange(Repeat::Freely, [&] { return client_.make_request("GET", path); }));
  const JsonValue body = SITEPOD_TRY(body_of(response));
  if (response.status == 400) return ambiguous(body);
  return page_from(body);
}

Result<void> ContentClient::delete_page(std::string_view slug, std::string_view content_type,
                                        const std::optional<std::string>& section) {
  const std::string path = narrowed(with_site("/public/pages/" + encode_component(slug)), content_type, section);
  const ClientResponse response =
      SITEPOD_TRY(client_.exchange(Repeat::WhenTurnedAway, [&] { return client_.make_request("DELETE", path); }));
  if (response.status == 400) return ambiguous(SITEPOD_TRY(body_of(response)));
  return {};
}

// Saving the same pages again changes nothing, so that it may be repeated.
Result<PagesAnswer> ContentClient::save_pages(const PagesQuestion& question) {
  PagesBody body(question, site_id_);
  const auto prepare = [&] {
    body.rewind();
    ClientRequest request = client_.make_request("POST", "/public/pages");
    request.fields.emplace_back("Content-Type", body.content_type());
    request.read_body = [&](std::span<std::byte> out) { return body.read(out); };
    request.read_body_size = body.size();
    return request;
  };
  const ClientResponse response = SITEPOD_TRY(client_.exchange(Repeat::Freely, prepare));
  const JsonValue said = SITEPOD_TRY(body_of(response));
  if (response.status == 400) {
    std::optional<PagesAnswer> refused = refused_pages(said);
    if (!refused) return refusal(said);
    return *std::move(refused);
  }
  PagesAnswer answer;
  for (const JsonValue& page : items_of(said, "pages"))
    answer.pages.push_back({text_of(page, "slug"), text_of(page, "contentType"), text_of(page, "section"),
                            text_of(page, "status") == "created"});
  for (const JsonValue& slug : items_of(said, "deleted")) answer.deleted.push_back(slug.text);
  if (const JsonValue* build = said.find("build")) answer.build = build_from(*build);
  return answer;
}

Result<MediaListing> ContentClient::list_media() {
  const JsonValue body = SITEPOD_TRY(get(client_, with_site("/public/media")));
  MediaListing listing;
  listing.site_url = text_of(body, "siteUrl");
  for (const JsonValue& item : items_of(body, "media")) {
    const auto hash = parse_digest(text_of(item, "sha256"));
    if (!hash) return no_answer("has a media file without its hash");
    listing.media.push_back({text_of(item, "url"), *hash, static_cast<std::uint64_t>(integer_of(item, "size"))});
  }
  return listing;
}

Result<std::string> ContentClient::start_build() {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  if (!site_id_.empty()) json.member("siteId", site_id_);
  json.end_object();
  const auto prepare = [&] {
    ClientRequest request = client_.make_request("POST", "/public/builds");
    request.fields.emplace_back("Content-Type", "application/json");
    request.body = body;
    return request;
  };
  return text_of(SITEPOD_TRY(ask(client_, Repeat::WhenTurnedAway, prepare)), "deployUrl");
}

Result<BuildAnswer> ContentClient::latest_build() {
  const JsonValue body = SITEPOD_TRY(get(client_, with_site("/public/builds/latest")));
  BuildAnswer build;
  build.id = text_of(body, "id");
  build.status = text_of(body, "status");
  build.triggered_by = text_of(body, "triggeredBy");
  build.error = text_of(body, "error");
  build.image_id = text_of(body, "imageId");
  build.started_at = text_of(body, "startedAt");
  build.duration_ms = integer_of(body, "durationMs");
  for (const JsonValue& link : items_of(body, "brokenLinks"))
    build.broken_links.push_back({text_of(link, "page"), text_of(link, "target"), integer_of(link, "line")});
  return build;
}

Result<std::string> find_site_id(Client& client, std::string_view project) {
  const JsonValue body = SITEPOD_TRY(get(client, "/projects/" + encode_component(project) + "/site"));
  std::string id = text_of(body, "siteId");
  if (id.empty()) return no_answer("lacks the siteId");
  return id;
}

}  // namespace sitepod::api
