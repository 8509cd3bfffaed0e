#include "control/rooms.hpp"

#include <array>

#include "api/problem.hpp"
#include "http/limits.hpp"
#include "http/syntax.hpp"

namespace sitepod::control {
namespace {

constexpr std::string_view kRetrySoon = "5";

}  // namespace

Error payload_too_large(std::uint64_t limit) {
  return {
      ErrorKind::TooLarge, "payload_too_large", "The body is larger than " + std::to_string(limit) + " bytes.", {}, {}};
}

Result<void> check_content_coding(const http::ApiRequest& request) {
  const std::string_view coding = request.header("Content-Encoding");
  if (coding.empty() || http::equal_ignoring_case(coding, "identity")) return {};
  return Error{ErrorKind::Unsupported,
               "unsupported_media_type",
               "This body is taken as it is only, without Content-Encoding; send it uncompressed.",
               {},
               {}};
}

Result<Body> Body::read(http::ApiRequest& request) {
  SITEPOD_TRY(check_content_coding(request));
  if (request.content_length.value_or(0) > http::kMaxJsonBodyBytes) return payload_too_large(http::kMaxJsonBodyBytes);
  std::string text;
  std::array<char, 16 * 1024> piece;
  while (const std::size_t count = SITEPOD_TRY(request.body->read(std::as_writable_bytes(std::span(piece))))) {
    text.append(piece.data(), count);
    if (text.size() > http::kMaxJsonBodyBytes) return payload_too_large(http::kMaxJsonBodyBytes);
  }
  Body body;
  body.object_.kind = api::JsonValue::Kind::Object;
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return body;
  body.object_ = SITEPOD_TRY(api::parse_json(text));
  if (body.object_.kind != api::JsonValue::Kind::Object) return invalid_request("The body must be a JSON object.");
  return body;
}

http::ApiResponse json_response(int status, std::string body) {
  http::ApiResponse response;
  response.status = status;
  response.headers.push_back({"Content-Type", "application/json"});
  response.headers.push_back({"Cache-Control", "no-store"});
  response.body = std::move(body);
  return response;
}

void add_advice(http::ApiResponse& response, const Error& error) {
  std::string_view retry =
      error.kind == ErrorKind::Unavailable || error.kind == ErrorKind::RateLimited ? kRetrySoon : std::string_view();
  for (const auto& [name, value] : error.details)
    if (name == "retry_after") retry = value;
  if (!retry.empty()) response.headers.push_back({"Retry-After", std::string(retry)});
  if (error.kind == ErrorKind::Unauthenticated) response.headers.push_back({"WWW-Authenticate", "Bearer"});
  // RFC 9110 §15.5.16: what a body's coding may be.
  if (error.kind == ErrorKind::Unsupported) response.headers.push_back({"Accept-Encoding", "identity"});
}

http::ApiResponse problem_response(const Error& error) {
  http::ApiResponse response = json_response(api::status_of(error.kind), api::encode_problem(error));
  add_advice(response, error);
  return response;
}

deploy::ReadBody reader_of(http::ApiRequest& request) {
  return [&request](std::span<std::byte> out) { return request.body->read(out); };
}

}  // namespace sitepod::control
