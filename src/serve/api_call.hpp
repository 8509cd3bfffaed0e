// One request to the control API while it is under way, shared by the connection that received it and the pool thread
// that answers it. Each member says which of the two may touch it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/api_exchange.hpp"
#include "http/request_head.hpp"
#include "http/status_lines.hpp"
#include "serve/body_pipe.hpp"

namespace sitepod::serve {

struct ApiCall {
  // `moved` is called on the handler's thread when a pipe has room or content again.
  ApiCall(const http::RequestHead& head, std::string peer_address, std::function<void()> moved);

  BodyPipe body;               // both ends
  AnswerPipe answer;           // both ends
  http::ApiRequest request;    // handler, once submitted
  http::ApiResponse response;  // handler until it has answered, then the worker; its `stream` stays with the handler
  bool is_streamed = false;    // set with `response`
  http::ApiHandler handler = nullptr;  // handler; answers in place of the control API
};

// Calls the handler and streams its answer; `answered` is called in between, when `response` is filled. Pool thread;
// blocks.
void run_api_call(ApiCall& call, const http::ApiHandler& handler, const std::function<void()>& answered);

// How the answer's end shows on the wire.
enum class AnswerFraming : std::uint8_t { Length, Chunked, ToTheClose };

// Appends the whole head of an API answer. `closes`: the connection ends behind it. For a streamed answer `framing` is
// not Length.
void append_api_head(const http::ApiResponse& response, AnswerFraming framing, bool closes, bool http_1_0,
                     const http::StatusLines& status_lines, std::string& out);
// Statuses that never have a body (RFC 9110 §6.4.1).
bool has_no_content(int status);

}  // namespace sitepod::serve
