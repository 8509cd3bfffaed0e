#include "blob/s3_signature.hpp"

#include <algorithm>
#include <ctime>

#include "base/hmac.hpp"
#include "http/target.hpp"

namespace sitepod::blob {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// "20130524T000000Z"
std::string format_time(Instant instant) {
  const std::time_t seconds = instant.unix_seconds();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[17];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)};
}

std::string scope_of(std::string_view time, std::string_view region) {
  return std::string(time.substr(0, 8)) + "/" + std::string(region) + "/s3/aws4_request";
}

Digest derive_key(std::string_view secret, std::string_view day, std::string_view region) {
  const Digest of_day = hmac_sha256("AWS4" + std::string(secret), day);
  return hmac_sha256(hmac_sha256(hmac_sha256(of_day, region), "s3"), "aws4_request");
}

std::string names_of(const S3Pairs& fields) {
  std::string names;
  for (const auto& [name, value] : fields) names.append(names.empty() ? "" : ";").append(name);
  return names;
}

// With what, and when.
struct Seal {
  std::string_view time;
  std::string_view scope;
  const Digest& key;
};

// Requires: fields in the order of their names.
std::string signature_of(const S3Request& request, std::string_view query, const S3Pairs& fields, const Seal& seal) {
  std::string canonical = request.method + "\n" + request.path + "\n" + std::string(query) + "\n";
  for (const auto& [name, value] : fields) canonical.append(name).append(":").append(value).append("\n");
  canonical.append("\n").append(names_of(fields)).append("\n").append(request.payload_hash);
  std::string to_sign(kAlgorithm);
  to_sign.append("\n").append(seal.time).append("\n").append(seal.scope).append("\n").append(sha256(canonical).hex());
  return hmac_sha256(seal.key, to_sign).hex();
}

}  // namespace

std::string encode_query(const S3Pairs& query) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : query)
    parts.push_back(http::encode_component(name) + "=" + http::encode_component(value));
  std::sort(parts.begin(), parts.end());
  std::string out;
  for (const std::string& part : parts) out.append(out.empty() ? "" : "&").append(part);
  return out;
}

S3Pairs sign(const S3Request& request, const S3Credentials& credentials, std::string_view region, Instant now) {
  const std::string time = format_time(now);
  S3Pairs fields = request.fields;
  fields.emplace_back("host", request.host);
  fields.emplace_back("x-amz-content-sha256", request.payload_hash);
  fields.emplace_back("x-amz-date", time);
  std::sort(fields.begin(), fields.end());
  const std::string names = names_of(fields);
  const std::string scope = scope_of(time, region);
  const Digest key = derive_key(credentials.secret_key, time.substr(0, 8), region);
  const std::string signature = signature_of(request, encode_query(request.query), fields, {time, scope, key});
  std::erase_if(fields, [](const auto& field) { return field.first == "host"; });
  fields.emplace_back("authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" + scope +
                                           ",SignedHeaders=" + names + ",Signature=" + signature);
  return fields;
}

S3Presigner::S3Presigner(const S3Credentials& credentials, std::string_view region, Instant now,
                         std::chrono::seconds lifetime)
    : access_key_(credentials.access_key),
      time_(format_time(now)),
      lifetime_(lifetime),
      key_(derive_key(credentials.secret_key, time_.substr(0, 8), region)) {
  scope_ = scope_of(time_, region);
}

std::string S3Presigner::query_of(const S3Request& request) const {
  S3Request unsigned_payload = request;
  unsigned_payload.payload_hash = "UNSIGNED-PAYLOAD";
  S3Pairs fields = request.fields;
  fields.emplace_back("host", request.host);
  std::sort(fields.begin(), fields.end());
  S3Pairs& pairs = unsigned_payload.query;
  pairs.emplace_back("X-Amz-Algorithm", kAlgorithm);
  pairs.emplace_back("X-Amz-Credential", access_key_ + "/" + scope_);
  pairs.emplace_back("X-Amz-Date", time_);
  pairs.emplace_back("X-Amz-Expires", std::to_string(lifetime_.count()));
  pairs.emplace_back("X-Amz-SignedHeaders", names_of(fields));
  std::string query = encode_query(pairs);
  const std::string signature = signature_of(unsigned_payload, query, fields, {time_, scope_, key_});
  return query.append("&X-Amz-Signature=").append(signature);
}

}  // namespace sitepod::blob
