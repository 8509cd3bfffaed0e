// The half of a connection that speaks with the control API: body in, answer out, both at once.
#include <charconv>

#include "http/limits.hpp"
#include "http/request_parser.hpp"
#include "serve/connection.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

namespace {
// What is left of a body after an early answer is read and dropped up to this, so that the connection can be used
// again.
constexpr std::uint64_t kDrainedBodyBytes = 1 << 20;
// Longer answers are sent from where the handler built them.
constexpr std::size_t kCopiedAnswerBytes = 16 * 1024;
// The answer to a body that cannot be understood, while no handler knows of it.
constexpr std::string_view kBrokenBody =
    R"({"error":"invalid_request","message":"The request's body ended early or is malformed."})";
constexpr std::string_view kSlowBody =
    R"({"error":"invalid_request","message":"The request's body came too slowly; send it again on a faster line."})";
}  // namespace

Connection::Step Connection::start_api_call(const http::RequestHead& head, std::size_t head_bytes,
                                            http::ApiHandler handler) {
  auto moved = [&bench = bench_, id = id_] {
    bench.loop.post([&bench, id] {
      if (Connection* connection = bench.find(id)) connection->advance();
    });
  };
  auto call = std::make_shared<ApiCall>(head, client_address(&head), std::move(moved));
  call->handler = std::move(handler);
  api_ = std::make_unique<Api>(Api{.call = std::move(call), .body = BodyFraming(head)});
  api_->is_head = head.method == http::Method::Head;
  api_->http_1_0 = head.minor_version == 0;
  stage_ = Stage::Api;
  closes_ = !head.keep_alive;
  bench_.input.consume(head_bytes);
  add(bench_.requests, 1);
  const bool has_body = api_->body.state() == BodyFraming::State::Incomplete;
  api_->is_long = has_body && head.content_length > http::kMaxJsonBodyBytes;
  api_->client_waits = has_body && head.expect_continue && bench_.input.empty() && !api_->http_1_0;
  return Step::Continue;
}

// RFC 9110 §10.1.1: who waits for this sends nothing before it, and sends nothing at all when the answer comes instead.
void Connection::continue_when_wanted() {
  if (!api_->client_waits || api_->has_response) return;
  if (api_->is_long && !api_->call->body.is_awaited()) return;
  api_->client_waits = false;
  bench_.output.text().append("HTTP/1.1 100 Continue\r\n\r\n");
}

Connection::Step Connection::api_step() {
  take_body();
  // A long body is asked about at once: whoever may not send it, or not so much, hears so before it.
  const bool is_due = api_->is_body_settled || api_->is_long || api_->call->body.is_full();
  if (is_due && !api_->is_submitted && !api_->has_response) submit_call();
  continue_when_wanted();
  if (api_->has_response && !api_->is_answered) append_api_answer();
  if (api_->is_streaming) pull_stream();
  if (!is_open()) return Step::Wait;
  if (!bench_.output.empty()) return Step::Continue;

  const bool is_answer_out = api_->is_answered && !api_->is_streaming;
  if (is_answer_out && (api_->is_body_settled || closes_)) return finish_api_call();
  if (api_->is_body_settled || (api_->is_answered && closes_)) return Step::Wait;
  if (!api_->is_answered && api_->call->body.is_full()) return Step::Wait;
  return Step::NeedInput;
}

// Moves what has arrived of the body to the handler, or nowhere once it has answered.
void Connection::take_body() {
  if (api_->is_body_settled) return;
  std::string_view input = bench_.input.view();
  api_->body.take(input, [&api = *api_](std::string_view piece) {
    if (!api.is_answered && !piece.empty()) api.call->body.push(piece);
  });
  const std::size_t taken = bench_.input.view().size() - input.size();
  api_->fresh_bytes += taken;
  bench_.input.consume(taken);
  switch (api_->body.state()) {
    case BodyFraming::State::Incomplete:
      break;
    case BodyFraming::State::Complete:
      api_->call->body.finish();
      api_->is_body_settled = true;
      break;
    case BodyFraming::State::Refused:
      break_body();
      break;
  }
}

void Connection::submit_call() {
  api_->is_submitted = true;
  bench_.jobs.submit(bench_.api_pool, [call = api_->call, &bench = bench_, id = id_] {
    run_api_call(*call, call->handler ? call->handler : bench.openings.api, [&bench, id] {
      bench.loop.post([&bench, id] {
        if (Connection* connection = bench.find(id)) connection->on_api_answer();
      });
    });
  });
}

// The rest of the body will not come, or cannot be understood. A handler that reads it is told so and answers; where
// none has been asked yet, none will be, and the answer is `status`. Nothing behind such a body can be a request.
void Connection::break_body(int status) {
  api_->call->body.fail();
  api_->is_body_settled = true;
  closes_ = true;
  lingers_ = !input_ended_;
  bench_.input.clear();
  if (api_->is_submitted) return;
  const std::string_view text = status == 408 ? kSlowBody : kBrokenBody;
  api_->call->response = {
      status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::string(text), {}, true};
  api_->has_response = true;
}

void Connection::on_api_answer() {
  if (stage_ == Stage::Api) api_->has_response = true;
  advance();
}

// The handler has answered without waiting for the whole body.
void Connection::decide_unread_body() {
  api_->call->body.fail();
  const bool is_short = !api_->body.is_chunked() && api_->body.missing_bytes() <= kDrainedBodyBytes;
  if (is_short && !closes_) return;
  closes_ = true;
  lingers_ = true;
}

void Connection::append_api_answer() {
  api_->is_answered = true;
  ApiCall& call = *api_->call;
  if (call.response.close || bench_.draining) closes_ = true;
  if (!api_->is_body_settled) decide_unread_body();

  auto framing = AnswerFraming::Length;
  if (call.is_streamed) framing = api_->http_1_0 ? AnswerFraming::ToTheClose : AnswerFraming::Chunked;
  if (framing == AnswerFraming::ToTheClose) closes_ = true;
  api_->is_chunked = framing == AnswerFraming::Chunked;
  append_api_head(call.response, framing, closes_, api_->http_1_0, bench_.status_lines, bench_.output.text());
  const bool has_body = !api_->is_head && !has_no_content(call.response.status);
  const std::uint64_t body_bytes = has_body && !call.is_streamed ? call.response.body.size() : 0;
  add(bench_.sent_bytes, body_bytes);
  if (bench_.access_ring != nullptr) log_api_answer(body_bytes);
  if (!has_body) return;
  api_->is_streaming = call.is_streamed;
  if (call.is_streamed) return;
  SiteMeter* meter = api_->visited ? api_->visited->meter : nullptr;
  if (call.response.body.size() <= kCopiedAnswerBytes) {
    bench_.output.text().append(call.response.body);
    if (meter != nullptr) meter->count(body_bytes, bench_.line());
    return;
  }
  auto body = std::make_unique<Blob>();
  body->bytes = std::move(call.response.body);
  body->size = body->bytes.size();
  const std::uint64_t size = body->size;
  bench_.output.add(BlobRef(std::move(body)), 0, size, meter);
}

// Takes what the handler has written so far. Called only when everything before it has left: a slow client fills the
// pipe and so holds the handler up.
void Connection::pull_stream() {
  std::string& piece = api_->piece;
  piece.clear();
  const auto end = api_->call->answer.take(piece);
  std::string& text = bench_.output.text();
  if (!piece.empty()) {
    char size[16];
    const auto digits = std::to_chars(size, size + sizeof size, piece.size(), 16);
    if (api_->is_chunked) text.append(size, digits.ptr).append("\r\n");
    text.append(piece);
    if (api_->is_chunked) text.append("\r\n");
  }
  add(bench_.sent_bytes, piece.size());
  if (end == AnswerPipe::End::Open) return;
  api_->is_streaming = false;
  if (end == AnswerPipe::End::Broken) {
    // The head has promised a complete answer: only a cut connection tells that this is not one.
    return close();
  }
  if (api_->is_chunked) text.append("0\r\n\r\n");
}

Connection::Step Connection::finish_api_call() {
  api_.reset();
  stage_ = Stage::Requests;
  return Step::Continue;
}

}  // namespace sitepod::serve
