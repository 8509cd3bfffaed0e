#include "certs/renewal.hpp"

#include <algorithm>
#include <charconv>

#include "api/json_value.hpp"
#include "api/json_writer.hpp"

namespace sitepod::certs {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kMostFailures = 1'000'000;

std::int64_t asked_to_wait(const Error& error) {
  for (const auto& [name, value] : error.details) {
    std::int64_t seconds = 0;
    if (name == "retry_after" && std::from_chars(value.data(), value.data() + value.size(), seconds).ec == std::errc())
      return seconds * kSecond;
  }
  return 0;
}

}  // namespace

Instant renewal_due(const net::TlsCertificate& certificate) {
  const std::int64_t start = certificate.not_before().unix_ms;
  const std::int64_t life = std::max<std::int64_t>(0, certificate.not_after().unix_ms - start);
  constexpr std::int64_t kSteps = 1024;
  const auto step = static_cast<std::int64_t>(certificate.fingerprint().prefix() % kSteps);
  return Instant{start + life * 2 / 3 - life / 20 * step / kSteps};
}

Setback next_setback(const Setback* before, const Error& error, Instant now) {
  Setback next;
  next.failures = before != nullptr ? std::min(before->failures + 1, kMostFailures) : 1;
  next.reason = error.message;
  const bool was_refused = error.kind != ErrorKind::Unavailable && error.kind != ErrorKind::Internal;
  const std::int64_t first = was_refused ? 15 * kMinute : kMinute;
  const std::int64_t most = was_refused ? 24 * kHour : 6 * kHour;
  const std::int64_t doublings = std::min<std::int64_t>(next.failures - 1, 12);
  const std::int64_t wait = std::min(first << doublings, most);
  next.next_try = Instant{now.unix_ms + std::max(wait, asked_to_wait(error))};
  return next;
}

bool is_about_authority(const Error& error) {
  if (error.kind == ErrorKind::RateLimited) return true;
  if (error.kind != ErrorKind::Unavailable) return false;
  for (const std::string_view code : {"network", "proxy", "certificate", "acme_refused"})
    if (error.code == code) return true;
  return false;
}

Instant quiet_until(const Setback& setback, Instant now) {
  return std::min(setback.next_try, Instant{now.unix_ms + kHour});
}

Error due_already() {
  return invalid("certificate_due",
                 "The new certificate is due for renewal already: look at this machine's clock, which may be ahead.");
}

std::string write_setback(const Setback& setback) {
  std::string text;
  api::JsonWriter json(text);
  json.begin_object();
  json.member("failures", setback.failures);
  json.member("next_try", to_rfc3339(setback.next_try));
  json.member("reason", setback.reason);
  json.end_object();
  return text + "\n";
}

std::optional<Setback> read_setback(std::string_view text) {
  const auto parsed = api::parse_json(text);
  if (!parsed.ok() || parsed->kind != api::JsonValue::Kind::Object) return std::nullopt;
  const api::JsonValue* failures = parsed->find("failures");
  const api::JsonValue* next_try = parsed->find("next_try");
  const api::JsonValue* reason = parsed->find("reason");
  if (failures == nullptr || failures->kind != api::JsonValue::Kind::Integer || failures->integer < 1 ||
      failures->integer > kMostFailures || next_try == nullptr)
    return std::nullopt;
  const auto time = parse_rfc3339(next_try->text);
  if (!time) return std::nullopt;
  return Setback{failures->integer, *time, reason != nullptr ? reason->text : std::string()};
}

}  // namespace sitepod::certs
