// What handlers may use, and the small steps they share: read the body, decode fields, write an answer.
#pragma once

#include <string>
#include <string_view>

#include "api/fields.hpp"
#include "api/json_value.hpp"
#include "base/result.hpp"
#include "content/content.hpp"
#include "control/api.hpp"
#include "control/large_bodies.hpp"
#include "control/maintenance.hpp"
#include "control/metrics.hpp"
#include "control/rate_limiter.hpp"
#include "control/routes.hpp"
#include "deploy/deployer.hpp"
#include "domains/domains.hpp"
#include "http/api_exchange.hpp"
#include "identity/identity.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::control {

struct Rooms {
  meta::MetaStore& meta;
  identity::Identity& identity;
  deploy::Deployer& deployer;
  domains::Domains& domains;
  Publication publication;
  ApiSettings settings;
  RateLimiter& host_checks;  // GET /domains/check, per address
  Operations operations;
  Metrics& metrics;
  Maintenance maintenance;
  content::Content& content;
  LargeBodies& large_bodies;
};

// The decoded body of a small JSON request; owns what Fields refers to.
class Body {
 public:
  // An empty body counts as {}. Errors: "invalid_json", "invalid_request" (not an object), "payload_too_large",
  // "unsupported_media_type", the connection's.
  static Result<Body> read(http::ApiRequest& request);
  api::Fields fields(const http::ApiRequest& request) const { return {&object_, request.query}; }
  const api::JsonValue& object() const { return object_; }
  // Without the query.
  api::Fields fields_of_body() const { return {&object_, {}}; }

 private:
  api::JsonValue object_;
};

// Of a request whose body does not count (GET).
inline api::Fields query_fields(const http::ApiRequest& request) { return {nullptr, request.query}; }

http::ApiResponse json_response(int status, std::string body);
http::ApiResponse problem_response(const Error& error);

deploy::ReadBody reader_of(http::ApiRequest& request);
Error payload_too_large(std::uint64_t limit);
// For bodies that are read as text: a compressed one would be bad JSON without a reason. Errors:
// "unsupported_media_type".
Result<void> check_content_coding(const http::ApiRequest& request);
// The fields of an answer that go with the error: when to come back, how to ask.
void add_advice(http::ApiResponse& response, const Error& error);

}  // namespace sitepod::control
