// One request for the control API and its answer, as the control plane sees them: plain blocking calls.
// The session (serve) parses the head, pipes the body across threads and sends the answer; a handler runs on a pool
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/request_head.hpp"

namespace sitepod::http {

struct Header {
  std::string name;
  std::string value;
};

// The request's body as a stream. Pool thread of that request only.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Fills some of `out`, waiting for at least one byte; 0 is the end of a complete body. A connection that broke, broke
  // its framing or went silent is an error (kind Invalid, code "invalid_request"): what was read must then count for
  // nothing.
  virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
};

// The answer's body as a stream, for answers too large to build in memory. Pool thread of that request only.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  // Waits while the client is slow; an error means that the client is gone: stop.
  virtual Result<void> write(std::string_view piece) = 0;
};

struct ApiRequest {
  Method method = Method::Get;
  std::string method_text;
  std::string host;   // lower-case, without port
  std::string path;   // still percent-encoded, e.g. "/api/v1/upload/plan_x/…"
  std::string query;  // still percent-encoded
  std::vector<Header> headers;
  std::string peer_address;                     // numeric, without port
  std::optional<std::uint64_t> content_length;  // absent for a chunked body; 0 without a body
  BodyReader* body = nullptr;                   // never null

  // First header of that name in any case; empty when absent.
  std::string_view header(std::string_view name) const;
};

struct ApiResponse {
  int status = 200;
  std::vector<Header> headers;  // Date, Server, Content-Length, Transfer-Encoding and Connection are the session's
  std::string body;
  // When set, it is called on the same pool thread after the head was sent, and `body` is ignored (chunked, or to the
  // close in HTTP/1.0).
  std::function<Result<void>(BodyWriter&)> stream;
  bool close = false;  // end the connection after this answer
};

// May block; must not throw. A body that the handler leaves unread is drained or the connection lingers and closes.
using ApiHandler = std::function<ApiResponse(ApiRequest&)>;

}  // namespace sitepod::http
