#include "certs/cloudflare.hpp"

#include <algorithm>
#include <array>

#include "api/json_writer.hpp"
#include "certs/answer_fields.hpp"

namespace sitepod::certs {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxAnswerBytes = 1 << 20;
constexpr std::chrono::milliseconds kExchangeDeadline = 30s;
constexpr std::chrono::milliseconds kChangeDeadline = 10s;  // the server's end may have to wait for it
// The shortest that every zone may have.
constexpr std::int64_t kSecondsToLive = 60;
// Codes of the API: the token's form is wrong, it is unknown or expired, or it lacks a permission.
constexpr std::array<std::int64_t, 5> kTokenCodes = {6003, 6111, 1000, 9109, 10000};
constexpr std::int64_t kNoSuchRecord = 81044;

constexpr std::string_view kWhatTokensNeed =
    "Make a token with the permissions Zone:Read and DNS:Edit for that zone, give it to the server as CF_API_TOKEN and "
    "start it again.";

http::ClientOptions client_options(const std::atomic<bool>* cancelled) {
  http::ClientOptions options;
  options.stall_timeout = 15s;
  options.max_body_bytes = kMaxAnswerBytes;
  options.cancelled = cancelled;
  return options;
}

bool has_code(const DnsRefusal& refusal, std::int64_t code) {
  return std::find(refusal.codes.begin(), refusal.codes.end(), code) != refusal.codes.end();
}

Error away(std::string message, std::string context = {}) {
  return {ErrorKind::Unavailable, "dns_away", std::move(message), std::move(context), {}};
}

Error refused(std::string message) { return {ErrorKind::Invalid, "dns_refused", std::move(message), {}, {}}; }

// Whoever stands in the way could send a request's own fields back.
std::string without(std::string text, const std::string& secret) {
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; ++at)
    text.replace(at, secret.size(), "?");
  return text;
}

}  // namespace

Cloudflare::Cloudflare(CloudflareSettings settings, const std::atomic<bool>* cancelled)
    : settings_(std::move(settings)), http_(client_options(cancelled)) {}

// Only an answer of success comes back as one.
Result<http::ClientResponse> Cloudflare::send(http::ClientRequest request) {
  request.url = settings_.url + request.url;
  request.fields = {{"Authorization", "Bearer " + settings_.token}, {"Content-Type", "application/json"}};
  if (!request.deadline) request.deadline = kExchangeDeadline;
  auto answer = http_.send(request);
  if (answer.ok()) return answer;
  Error error = std::move(answer).error();
  return away("The DNS API cannot be used: " + error.message, std::move(error.context));
}

Error Cloudflare::refusal_of(const http::ClientResponse& answer, const std::string& zone) const {
  const DnsRefusal refusal = parse_refusal(without(answer.body, settings_.token));
  const std::string why = refusal.text.empty() ? "status " + std::to_string(answer.status) : refusal.text;
  if (answer.status == 429) {
    Error error = away("Cloudflare asks to wait: " + why);
    if (const std::int64_t seconds = seconds_to_wait(answer); seconds > 0)
      error.details.emplace_back("retry_after", std::to_string(seconds));
    return error;
  }
  if (answer.status >= 500 || answer.status < 400) return away("Cloudflare is out of order: " + why);
  const bool is_about_token =
      answer.status == 401 || answer.status == 403 ||
      std::any_of(kTokenCodes.begin(), kTokenCodes.end(), [&](std::int64_t code) { return has_code(refusal, code); });
  if (!is_about_token) return refused("Cloudflare refused a change in the zone of " + zone + ": " + why);
  return refused("Cloudflare refused the token for the zone of " + zone + " (" + why + "). " +
                 std::string(kWhatTokensNeed));
}

// By the names from the host upwards: another account's zones of the same name are pending at best.
Result<DnsZone> Cloudflare::find_zone(const std::string& host) {
  std::optional<std::string> pending;
  for (std::string_view name = host; name.find('.') != std::string_view::npos; name.remove_prefix(name.find('.') + 1)) {
    const auto answer = SITEPOD_TRY(send({.url = "/zones?name=" + std::string(name) + "&per_page=50"}));
    if (answer.status != 200) return refusal_of(answer, host);
    std::vector<DnsZone> zones = SITEPOD_TRY(parse_zones(answer.body));
    for (DnsZone& zone : zones) {
      if (zone.name != name) continue;
      if (zone.is_active) return std::move(zone);
      pending = zone.name;
    }
  }
  if (pending)
    return refused("The zone " + *pending +
                   " is not active at Cloudflare: name Cloudflare's name servers for it at the domain's registrar.");
  return refused("The token shows no zone for " + host + ". " + std::string(kWhatTokensNeed));
}

Result<std::vector<DnsRecord>> Cloudflare::txt_records(const DnsZone& zone, const std::string& name) {
  const auto answer =
      SITEPOD_TRY(send({.url = "/zones/" + zone.id + "/dns_records?type=TXT&name=" + name + "&per_page=100"}));
  if (answer.status != 200) return refusal_of(answer, zone.name);
  return parse_records(answer.body);
}

Result<std::string> Cloudflare::add_txt(const DnsZone& zone, const std::string& name, std::string_view text,
                                        std::string_view comment) {
  http::ClientRequest request{.method = "POST", .url = "/zones/" + zone.id + "/dns_records"};
  api::JsonWriter json(request.body);
  json.begin_object();
  json.member("type", "TXT");
  json.member("name", name);
  json.member("content", "\"" + std::string(text) + "\"");  // RFC 1035 §5.1: a string of a record stands in quotes
  json.member("ttl", kSecondsToLive);
  json.member("comment", std::string(comment));
  json.end_object();
  request.deadline = kChangeDeadline;
  const auto answer = SITEPOD_TRY(send(std::move(request)));
  if (answer.status / 100 != 2) return refusal_of(answer, zone.name);
  return parse_record_id(answer.body);
}

Result<void> Cloudflare::remove(const DnsZone& zone, const std::string& record_id,
                                std::optional<std::chrono::milliseconds> deadline) {
  const std::string url = "/zones/" + zone.id + "/dns_records/" + record_id;
  const auto answer =
      SITEPOD_TRY(send({.method = "DELETE", .url = url, .deadline = deadline.value_or(kChangeDeadline)}));
  if (answer.status / 100 == 2 || has_code(parse_refusal(answer.body), kNoSuchRecord)) return {};
  return refusal_of(answer, zone.name);
}

}  // namespace sitepod::certs
