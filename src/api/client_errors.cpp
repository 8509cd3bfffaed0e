#include "api/client_errors.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

#include "api/answer_fields.hpp"
#include "api/json_value.hpp"
#include "http/date.hpp"

namespace sitepod::api {
namespace {

using std::chrono::milliseconds;

constexpr int kProxyAuthenticationRequired = 407;  // RFC 9110 §15.5.8

// The closed list of the contract, so that a code of an answer can live as a literal.
constexpr ErrorCode kCodes[] = {"invalid_request",
                                "invalid_json",
                                "invalid_path",
                                "invalid_hash",
                                "hash_mismatch",
                                "size_mismatch",
                                "missing_blobs",
                                "quota_exceeded",
                                "plan_expired",
                                "missing_token",
                                "invalid_token",
                                "invalid_credentials",
                                "forbidden",
                                "not_found",
                                "plan_not_found",
                                "image_not_found",
                                "method_not_allowed",
                                "conflict",
                                "payload_too_large",
                                "unsupported_media_type",
                                "rate_limited",
                                "internal",
                                "storage_full",
                                "unavailable",
                                "gate_failed",
                                "proxy",
                                "project_not_found",
                                "gone",
                                "build_cooldown",
                                "build_quota_exceeded",
                                "storage_quota_exceeded"};

ErrorCode literal_code(std::string_view code, ErrorKind kind) {
  for (ErrorCode known : kCodes)
    if (known == code) return known;
  switch (kind) {
    case ErrorKind::Unauthenticated:
      return "invalid_token";
    case ErrorKind::Forbidden:
      return "forbidden";
    case ErrorKind::NotFound:
      return "not_found";
    case ErrorKind::Conflict:
      return "conflict";
    case ErrorKind::Gone:
      return "gone";
    case ErrorKind::TooLarge:
      return "payload_too_large";
    case ErrorKind::Unsupported:
      return "unsupported_media_type";
    case ErrorKind::RateLimited:
      return "rate_limited";
    case ErrorKind::Unavailable:
      return "unavailable";
    case ErrorKind::StorageFull:
      return "storage_full";
    case ErrorKind::Invalid:
      return "invalid_request";
    case ErrorKind::Internal:
      return "internal";
  }
  return "internal";
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
      return ErrorKind::Unauthenticated;
    case 403:
      return ErrorKind::Forbidden;
    case 404:
    case 405:
      return ErrorKind::NotFound;
    case 409:
    case 412:
      return ErrorKind::Conflict;
    case 410:
      return ErrorKind::Gone;
    case 413:
      return ErrorKind::TooLarge;
    case 415:
      return ErrorKind::Unsupported;
    case 429:
      return ErrorKind::RateLimited;
    case 502:
    case 503:
    case 504:
      return ErrorKind::Unavailable;
    case 507:
      return ErrorKind::StorageFull;
    default:
      return status >= 400 && status < 500 ? ErrorKind::Invalid : ErrorKind::Internal;
  }
}

// "https://host:1" of an address.
std::string_view origin_of(std::string_view url) {
  const std::size_t host = url.find("//");
  return host == std::string_view::npos ? url : url.substr(0, url.find('/', host + 2));
}

// What stands between <name> and its end in the XML of an S3 server; short and printable.
std::string element(std::string_view xml, const std::string& name) {
  constexpr std::size_t kMaxTextBytes = 200;
  const std::size_t begin = xml.find("<" + name + ">");
  if (begin == std::string_view::npos) return {};
  xml.remove_prefix(begin + name.size() + 2);
  std::string text(xml.substr(0, std::min(xml.find('<'), kMaxTextBytes)));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

Error bucket_error(std::string message) { return {ErrorKind::Unavailable, "bucket", std::move(message), {}, {}}; }

}  // namespace

Error refused_by_bucket(const http::ClientResponse& response, std::string_view url) {
  const std::string code = element(response.body, "Code");
  // Of stores that compare the bytes with the SHA-256 in the address.
  if (code == "BadDigest" || code == "XAmzContentChecksumMismatch" || code == "InvalidDigest")
    return {ErrorKind::Conflict, "changed", "The file changed while it was uploaded.", {}, {}};
  const std::string message = element(response.body, "Message");
  Error error = bucket_error("The bucket at " + std::string(origin_of(url)) + " did not take a file (status " +
                             std::to_string(response.status) + (code.empty() ? "" : ", " + code) + ")" +
                             (message.empty() ? "." : ": " + message));
  if (std::string_view after = response.field("retry-after"); !after.empty())
    error.details.emplace_back("retry_after", after);
  return error;
}

Error unreachable_bucket(const Error& why, std::string_view url) {
  return bucket_error("The bucket at " + std::string(origin_of(url)) + " cannot be reached: " + why.message);
}

Error incomplete(std::string_view what) {
  return {ErrorKind::Internal, "invalid_answer", "The server's answer lacks " + std::string(what) + ".", {}, {}};
}

Error refused(const http::ClientResponse& response) {
  ErrorKind kind = kind_of(response.status);
  std::string code, message;
  std::vector<std::pair<std::string, std::string>> details{{"status", std::to_string(response.status)}};
  if (auto body = parse_json(response.body); body.ok()) {
    code = text_of(*body, "error");
    message = text_of(*body, "message");
    // The content API says a sentence where the deploy API says a word.
    if (const JsonValue* word = body->find("code"); word != nullptr && word->kind == JsonValue::Kind::Text) {
      if (message.empty()) message = code;
      code = word->text;
    }
    for (const auto& [name, value] : body->members)
      if (value.kind == JsonValue::Kind::Text && name != "error" && name != "message" && name != "status")
        details.emplace_back(name, value.text);
  }
  if (response.status / 100 == 3)
    message = "The server points to " + std::string(response.field("location")) +
              "; use the address that it moved to as the endpoint.";
  if (response.status == kProxyAuthenticationRequired) {
    kind = ErrorKind::Unavailable;
    code = "proxy";
    message =
        "The proxy asks for a login: write http_proxy=http://user:password@host:port, or name the server in NO_PROXY.";
  }
  if (message.empty())
    message = "The answer has status " + std::to_string(response.status) +
              " and is none of sitepod. Is the endpoint right, and does something between answer, such as a proxy?";
  Error error{kind, literal_code(code, kind), std::move(message), {}, std::move(details)};
  if (std::string_view after = response.field("retry-after"); !after.empty())
    error.details.emplace_back("retry_after", after);
  return error;
}

std::optional<milliseconds> asked_wait(const Error& error) {
  for (const auto& [name, value] : error.details) {
    if (name != "retry_after") continue;
    long seconds = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), seconds).ptr == value.data() + value.size() &&
        seconds >= 0)
      return milliseconds(std::min(seconds, 1'000'000L) * 1000);
    std::time_t now = std::time(nullptr);
    if (auto date = http::parse_http_date(value, now))
      return milliseconds(std::max<std::time_t>(0, *date - now) * 1000);
  }
  return std::nullopt;
}

bool was_turned_away(const Error& error) {
  return error.kind == ErrorKind::RateLimited ||
         (error.kind == ErrorKind::Unavailable && asked_wait(error).has_value());
}
bool may_pass(const Error& error) {
  return was_turned_away(error) || (error.kind == ErrorKind::Unavailable && error.code != "interrupted" &&
                                    error.code != "certificate" && error.code != "proxy");
}

}  // namespace sitepod::api
