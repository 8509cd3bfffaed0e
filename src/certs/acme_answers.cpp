#include "certs/acme_answers.hpp"

#include <algorithm>
#include <array>

#include "certs/foreign_json.hpp"

namespace sitepod::certs {
namespace {

using api::JsonValue;

constexpr std::size_t kMaxUrlBytes = 2000;
constexpr std::size_t kMaxTokenBytes = 200;
constexpr std::size_t kMinTokenBytes = 22;
constexpr std::size_t kMaxAuthorizations = 100;

Error wrong(std::string what) {
  return {ErrorKind::Unavailable, "acme_answer", "The certificate authority's answer has " + what + ".", {}, {}};
}

bool is_url(std::string_view text) {
  const bool is_secure =
      text.starts_with("https://") || text.starts_with("http://127.0.0.1:") || text.starts_with("http://localhost:");
  return is_secure && text.size() <= kMaxUrlBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<std::string> url_of(const JsonValue& object, std::string_view name) {
  std::string url = text_of(object, name);
  if (!is_url(url)) return wrong("no usable address \"" + std::string(name) + "\"");
  return url;
}

Result<JsonValue> object_of(std::string_view json) {
  auto parsed = api::parse_json(json);
  if (!parsed.ok() || parsed->kind != JsonValue::Kind::Object) return wrong("no JSON object in it");
  return parsed;
}

Result<AcmeStatus> status_of(const JsonValue& object) {
  constexpr std::array<std::pair<std::string_view, AcmeStatus>, 8> kNames = {{{"pending", AcmeStatus::Pending},
                                                                              {"ready", AcmeStatus::Ready},
                                                                              {"processing", AcmeStatus::Processing},
                                                                              {"valid", AcmeStatus::Valid},
                                                                              {"invalid", AcmeStatus::Invalid},
                                                                              {"deactivated", AcmeStatus::Invalid},
                                                                              {"expired", AcmeStatus::Invalid},
                                                                              {"revoked", AcmeStatus::Invalid}}};
  const std::string name = text_of(object, "status");
  for (const auto& [word, status] : kNames)
    if (name == word) return status;
  return wrong("no known status");
}

AcmeProblem problem_of(const JsonValue& object) {
  constexpr std::string_view kPrefix = "urn:ietf:params:acme:error:";
  const std::string type = text_of(object, "type");
  if (!type.starts_with(kPrefix)) return {};
  return {as_detail(type.substr(kPrefix.size())), as_detail(text_of(object, "detail"))};
}

std::string reason_of(const JsonValue& object) {
  const JsonValue* error = object.find("error");
  if (error == nullptr || error->kind != JsonValue::Kind::Object) return {};
  const AcmeProblem problem = problem_of(*error);
  return problem.type.empty() ? std::string() : problem.type + ": " + problem.detail;
}

}  // namespace

bool is_token(std::string_view text) {
  return text.size() >= kMinTokenBytes && text.size() <= kMaxTokenBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

Result<AcmeDirectory> parse_directory(std::string_view json) {
  const JsonValue object = SITEPOD_TRY(object_of(json));
  AcmeDirectory directory;
  directory.new_nonce = SITEPOD_TRY(url_of(object, "newNonce"));
  directory.new_account = SITEPOD_TRY(url_of(object, "newAccount"));
  directory.new_order = SITEPOD_TRY(url_of(object, "newOrder"));
  return directory;
}

Result<AcmeOrder> parse_order(std::string_view json) {
  const JsonValue object = SITEPOD_TRY(object_of(json));
  AcmeOrder order;
  order.status = SITEPOD_TRY(status_of(object));
  order.reason = reason_of(object);
  order.finalize = SITEPOD_TRY(url_of(object, "finalize"));
  const JsonValue* list = list_of(object, "authorizations");
  if (list == nullptr || list->items.size() > kMaxAuthorizations) return wrong("no list of authorizations");
  for (const JsonValue& item : list->items) {
    if (item.kind != JsonValue::Kind::Text || !is_url(item.text)) return wrong("an authorization without an address");
    order.authorizations.push_back(item.text);
  }
  if (order.status == AcmeStatus::Valid) order.certificate = SITEPOD_TRY(url_of(object, "certificate"));
  return order;
}

Result<AcmeAuthorization> parse_authorization(std::string_view json, std::string_view wanted) {
  const JsonValue object = SITEPOD_TRY(object_of(json));
  AcmeAuthorization authorization;
  authorization.status = SITEPOD_TRY(status_of(object));
  if (const JsonValue* identifier = object.find("identifier")) authorization.host = text_of(*identifier, "value");
  const JsonValue* challenges = list_of(object, "challenges");
  if (challenges == nullptr) return wrong("no list of challenges");
  for (const JsonValue& challenge : challenges->items) {
    if (challenge.kind != JsonValue::Kind::Object || text_of(challenge, "type") != wanted) continue;
    authorization.challenge_url = SITEPOD_TRY(url_of(challenge, "url"));
    authorization.token = text_of(challenge, "token");
    if (!is_token(authorization.token)) return wrong("a challenge without a usable token");
    authorization.reason = reason_of(challenge);
  }
  return authorization;
}

AcmeProblem parse_problem(std::string_view json) {
  const auto object = object_of(json);
  return object.ok() ? problem_of(*object) : AcmeProblem();
}

}  // namespace sitepod::certs
