#include "certs/cloudflare_answers.hpp"

#include <algorithm>

#include "certs/foreign_json.hpp"
#include "certs/names.hpp"

namespace sitepod::certs {
namespace {

using api::JsonValue;

constexpr std::size_t kMaxIdBytes = 64;  // documented are 32
constexpr std::size_t kMaxNameServers = 16;
constexpr std::size_t kMaxReasons = 8;

Error wrong(std::string what) {
  return {ErrorKind::Unavailable, "dns_answer", "The answer of the DNS API has " + what + ".", {}, {}};
}

// It becomes a part of a path.
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

Result<std::string> id_of(const JsonValue& object) {
  std::string id = text_of(object, "id");
  if (!is_id(id)) return wrong("no usable id");
  return id;
}

// The envelope's result, when the request succeeded.
Result<JsonValue> result_of(std::string_view json, JsonValue::Kind kind) {
  auto parsed = api::parse_json(json);
  if (!parsed.ok() || parsed->kind != JsonValue::Kind::Object) return wrong("no JSON object in it");
  const JsonValue* success = parsed->find("success");
  if (success == nullptr || success->kind != JsonValue::Kind::Boolean || !success->boolean)
    return wrong("no success in it");
  const JsonValue* result = parsed->find("result");
  if (result == nullptr || result->kind != kind) return wrong("no result of the expected kind");
  return *result;
}

// What is no name of a host is left out: it is asked for in DNS.
std::vector<std::string> name_servers_of(const JsonValue& zone) {
  std::vector<std::string> names;
  const JsonValue* list = list_of(zone, "name_servers");
  if (list == nullptr) return names;
  for (const JsonValue& item : list->items)
    if (item.kind == JsonValue::Kind::Text && is_orderable(item.text) && names.size() < kMaxNameServers)
      names.push_back(item.text);
  return names;
}

std::string unquoted(std::string text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  return text.substr(1, text.size() - 2);
}

// An error may have others as its cause.
void collect_reasons(const JsonValue& errors, DnsRefusal& refusal) {
  for (const JsonValue& error : errors.items) {
    const JsonValue* code = error.find("code");
    if (code == nullptr || code->kind != JsonValue::Kind::Integer || refusal.codes.size() == kMaxReasons) continue;
    refusal.codes.push_back(code->integer);
    refusal.text +=
        (refusal.text.empty() ? "" : "; ") + std::to_string(code->integer) + " " + text_of(error, "message");
    if (const JsonValue* chain = list_of(error, "error_chain")) collect_reasons(*chain, refusal);
  }
}

}  // namespace

Result<std::vector<DnsZone>> parse_zones(std::string_view json) {
  const JsonValue result = SITEPOD_TRY(result_of(json, JsonValue::Kind::Array));
  std::vector<DnsZone> zones;
  for (const JsonValue& item : result.items) {
    std::string id = SITEPOD_TRY(id_of(item));
    std::string name = text_of(item, "name");
    if (!is_orderable(name)) return wrong("a zone without a usable name");
    zones.push_back({std::move(id), std::move(name), text_of(item, "status") == "active", name_servers_of(item)});
  }
  return zones;
}

Result<std::vector<DnsRecord>> parse_records(std::string_view json) {
  const JsonValue result = SITEPOD_TRY(result_of(json, JsonValue::Kind::Array));
  std::vector<DnsRecord> records;
  for (const JsonValue& item : result.items) {
    std::string id = SITEPOD_TRY(id_of(item));
    records.push_back({std::move(id), unquoted(text_of(item, "content")), text_of(item, "comment"),
                       parse_rfc3339(text_of(item, "created_on"))});
  }
  return records;
}

Result<std::string> parse_record_id(std::string_view json) {
  return id_of(SITEPOD_TRY(result_of(json, JsonValue::Kind::Object)));
}

DnsRefusal parse_refusal(std::string_view json) {
  DnsRefusal refusal;
  const auto parsed = api::parse_json(json);
  if (!parsed.ok()) return refusal;
  if (const JsonValue* errors = list_of(*parsed, "errors")) collect_reasons(*errors, refusal);
  refusal.text = as_detail(std::move(refusal.text));
  return refusal;
}

}  // namespace sitepod::certs
