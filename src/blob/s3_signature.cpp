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

Digest derive_key(std::string_view secret, std::string_view day, std::string_view region) {
  const Digest of_day = hmac_sha256("AWS4" + std::string(secret), day);
  return hmac_sha256(hmac_sha256(hmac_sha256(of_day, region), "s3"), "aws4_request");
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
  const std::string day = time.substr(0, 8);
  S3Pairs fields = request.fields;
  fields.emplace_back("host", request.host);
  fields.emplace_back("x-amz-content-sha256", request.payload_hash);
  fields.emplace_back("x-amz-date", time);
  std::sort(fields.begin(), fields.end());

  std::string names;
  std::string canonical = request.method + "\n" + request.path + "\n" + encode_query(request.query) + "\n";
  for (const auto& [name, value] : fields) {
    canonical.append(name).append(":").append(value).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  canonical.append("\n").append(names).append("\n").append(request.payload_hash);

  const std::string scope = day + "/" + std::string(region) + "/s3/aws4_request";
  const std::string to_sign = std::string(kAlgorithm) + "\n" + time + "\n" + scope + "\n" + sha256(canonical).hex();
  const Digest signature = hmac_sha256(derive_key(credentials.secret_key, day, region), to_sign);
  std::erase_if(fields, [](const auto& field) { return field.first == "host"; });
  fields.emplace_back("authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" + scope +
                                           ",SignedHeaders=" + names + ",Signature=" + signature.hex());
  return fields;
}

}  // namespace sitepod::blob
