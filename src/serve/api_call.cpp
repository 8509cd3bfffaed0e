#include "serve/api_call.hpp"

#include <algorithm>
#include <utility>

#include "http/syntax.hpp"

namespace sitepod::serve {
namespace {

http::ApiRequest copy_request(const http::RequestHead& head, std::string peer_address) {
  http::ApiRequest request;
  request.method = head.method;
  request.method_text = head.method_text;
  request.host = head.host;
  std::transform(request.host.begin(), request.host.end(), request.host.begin(), http::to_lower);
  request.path = head.path;
  request.query = head.query;
  request.headers.reserve(head.field_count);
  for (const http::Field& field : head.all_fields())
    request.headers.push_back({std::string(field.name), std::string(field.value)});
  request.peer_address = std::move(peer_address);
  if (head.framing != http::BodyFraming::Chunked) request.content_length = head.content_length;
  return request;
}

// A handler's header that could end the line early is left out: better a missing field than a second answer.
bool is_safe(const http::Header& header) {
  return http::is_token(header.name) && std::all_of(header.value.begin(), header.value.end(),
                                                    [](char c) { return http::has_class(c, http::kFieldValueBit); });
}

}  // namespace

ApiCall::ApiCall(const http::RequestHead& head, std::string peer_address, std::function<void()> moved)
    : body(moved), answer(std::move(moved)), request(copy_request(head, std::move(peer_address))) {
  request.body = &body;
}

void run_api_call(ApiCall& call, const http::ApiHandler& handler, const std::function<void()>& answered) {
  http::ApiResponse response = handler(call.request);
  const auto stream = std::exchange(response.stream, nullptr);
  const bool wants_content = call.request.method != http::Method::Head && !has_no_content(response.status);
  call.is_streamed = stream != nullptr;
  call.response = std::move(response);
  answered();
  if (stream != nullptr && wants_content) call.answer.finish(stream(call.answer).ok());
}

bool has_no_content(int status) { return status == 204 || status == 304; }

void append_api_head(const http::ApiResponse& response, AnswerFraming framing, bool closes, bool http_1_0,
                     const http::StatusLines& status_lines, std::string& out) {
  out.append(status_lines[response.status]);
  for (const http::Header& header : response.headers) {
    if (is_safe(header)) out.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  if (framing == AnswerFraming::Chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (framing == AnswerFraming::Length && !has_no_content(response.status)) {
    out.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
  if (closes) {
    out.append("Connection: close\r\n");
  } else if (http_1_0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

}  // namespace sitepod::serve
