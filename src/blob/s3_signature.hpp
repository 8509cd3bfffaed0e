// Signatures of requests to S3 (AWS Signature Version 4; "Authenticating Requests", Amazon S3 API reference): who signs
// knows the secret key, and neither the method, the address, the signed fields nor the body were changed on the way.
// Own, because libcurl 7.88 signs no hash of a streamed body and makes no presigned addresses. Pure; any thread.
// Private to the room.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/time.hpp"

namespace sitepod::blob {

struct S3Credentials {
  std::string access_key;
  std::string secret_key;
};

using S3Pairs = std::vector<std::pair<std::string, std::string>>;

struct S3Request {
  std::string method;
  std::string host;          // with its port when that is not the scheme's
  std::string path;          // as it is sent
  S3Pairs query;             // not encoded
  S3Pairs fields;            // names in lower case; all of them are signed
  std::string payload_hash;  // x-amz-content-sha256, in hexadecimal
};

// The fields to send: those of the request with host left out, x-amz-date, x-amz-content-sha256 and authorization.
S3Pairs sign(const S3Request& request, const S3Credentials& credentials, std::string_view region, Instant now);

// Addresses that let whoever has one send one kind of request for a while, and nothing else ("Authenticating Requests:
// Using Query Parameters", ibidem). A value; immutable.
class S3Presigner {
 public:
  S3Presigner(const S3Credentials& credentials, std::string_view region, Instant now, std::chrono::seconds lifetime);
  // What follows the question mark. The request's query and fields are signed, its payload is not: payload_hash is of
  // no use here. Whoever sends the request must send the same fields.
  std::string query_of(const S3Request& request) const;

 private:
  std::string access_key_;
  std::string scope_;
  std::string time_;
  std::chrono::seconds lifetime_;
  Digest key_;
};

// "a=1&b=2", sorted and encoded; what follows the question mark.
std::string encode_query(const S3Pairs& query);

}  // namespace sitepod::blob
