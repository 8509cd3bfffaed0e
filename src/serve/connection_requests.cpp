// Requests and their answers from the snapshot. The API's are connection_api.cpp, those that a site restricts
// connection_restricted.cpp, those that choose what they see connection_visit.cpp, those that are sent to https
// connection_https.cpp.
#include "http/limits.hpp"
#include "http/request_parser.hpp"
#include "serve/answer_head.hpp"
#include "serve/connection.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

namespace {
// Copying a body behind its head is cheaper than one more piece of a sendmsg up to about here.
constexpr std::uint64_t kCopiedBodyBytes = 8 * 1024;

// Whether a request line, of which nothing more need be right, asks the API.
bool asks_api(std::string_view input) {
  if (input.starts_with("\r\n")) input.remove_prefix(2);
  constexpr std::size_t kLongestMethod = 32;
  const std::size_t space = input.substr(0, kLongestMethod).find(' ');
  return space != std::string_view::npos && input.substr(space + 1).starts_with("/api/");
}

bool has_body(const http::RequestHead& head) { return BodyFraming(head).state() != BodyFraming::State::Complete; }
}  // namespace

Connection::Step Connection::take_requests() {
  while (!bench_.input.empty()) {
    const Step step = take_request();
    if (step != Step::Continue || closes_ || stage_ != Stage::Requests) return step;
    if (bench_.output.queued_bytes() > http::kMaxQueuedOutputBytes) return Step::Continue;
  }
  return Step::NeedInput;
}

// Hot path 2/8: parse. A head that is complete in one read never leaves the worker's buffer and its parser.
Connection::Step Connection::take_request() {
  const std::string_view input = bench_.input.view();
  if (!head_parser_) bench_.parser.reset();
  http::RequestParser& parser = head_parser_ ? *head_parser_ : bench_.parser;
  switch (parser.parse(input)) {
    case http::RequestParser::Outcome::NeedMore:
      if (!head_parser_) {
        head_parser_ = std::make_unique<http::RequestParser>();
        static_cast<void>(head_parser_->parse(input));
      }
      return Step::NeedInput;
    case http::RequestParser::Outcome::Refused:
      refuse_head(http::to_status(parser.error()), asks_api(input));
      lingers_ = true;
      bench_.input.clear();
      return Step::Continue;
    case http::RequestParser::Outcome::Complete:
      break;
  }
  const Step step = answer_request(parser.head(), parser.consumed());
  head_parser_.reset();
  return step;
}

Connection::Step Connection::answer_request(const http::RequestHead& head, std::size_t head_bytes) {
  patience_ = Patience::Unlimited;
  if (door_ == Door::Admins) [[unlikely]]
    return start_api_call(head, head_bytes);
  if (bench_.snapshot->challenges) [[unlikely]]
    if (const std::string* answer = find_challenge(head))
      return answer_challenge(head, head_bytes, *answer, after_answer(head, has_body(head)));
  if (bench_.options.speaks_https() && wants_https(head)) [[unlikely]]
    return redirect_to_https(head, head_bytes, after_answer(head, has_body(head)));
  const Route route = find_route(*bench_.snapshot, head);
  if (route.kind == Route::Kind::Api) return start_api_call(head, head_bytes);

  const bool has_unread_body = has_body(head);
  const AfterAnswer after = after_answer(head, has_unread_body);
  const bool is_head = head.method == http::Method::Head;
  if (has_unread_body && (is_head || head.method == http::Method::Get)) {
    answer_error(400, after, is_head, &head);
    bench_.input.clear();
    return Step::Continue;
  }
  if (route.kind == Route::Kind::Site) {
    // Hosts without a choice, and requests that can choose nothing, stay on the straight way.
    if (route.choice.views && (head.has_query || head.has(http::Known::Cookie))) [[unlikely]]
      return answer_visit(head, head_bytes, route, after);
    return answer_view(head, head_bytes, route, after);
  }
  if (route.kind == Route::Kind::NoPreview) {
    const bool guesses = bench_.preview_misses.count(client_address(&head), bench_.wheel.now());
    return refuse(guesses ? 429 : 404, head, head_bytes, after);
  }
  answer_error(404, after, is_head, &head);
  bench_.input.consume(head_bytes);
  return Step::Continue;
}

// A body that nobody here reads must never be taken for a request: the connection ends behind the answer.
AfterAnswer Connection::after_answer(const http::RequestHead& head, bool has_unread_body) {
  if (has_unread_body) lingers_ = true;
  return head.keep_alive && !bench_.draining && !has_unread_body ? AfterAnswer::KeepAlive : AfterAnswer::Close;
}

Connection::Step Connection::answer_site(const http::RequestHead& head, std::size_t head_bytes, const Route& route,
                                         AfterAnswer after) {
  std::string& text = bench_.output.text();
  const std::size_t text_before = text.size();
  const Visit* undecided = route.choice.views && route.choice.views->offer_choice() ? &kUndecidedVisit : nullptr;
  const AnswerBody body =
      answer(head, *route.site, bench_.status_lines, after, text, route.mount, route.visit ? route.visit : undecided);
  SiteMeter& meter = bench_.meters.at(route.site->meter);
  meter.is_throttled = route.site->restriction == Restriction::Throttled;
  if (body.kind == AnswerBody::Kind::Text) {
    text.append(body.text);
    meter.count(body.length, bench_.line());
  } else if (body.kind == AnswerBody::Kind::Unlock) {
    return start_unlock(head, head_bytes, route, body);
  } else if (body.kind == AnswerBody::Kind::Blob && body.length > 0) {
    const BlobCache::State state = queue_blob(body, meter);
    switch (state) {
      case BlobCache::State::Ready:
        break;
      case BlobCache::State::Loading:
        // The request stays in the input and is answered anew, from whatever is released by then.
        text.resize(text_before);
        stage_ = Stage::WaitsForAnother;
        return Step::Wait;
      case BlobCache::State::Failed:
      case BlobCache::State::Unavailable:
        text.resize(text_before);
        answer_error(state == BlobCache::State::Failed ? 500 : 503, after, false, &head);
        bench_.input.consume(head_bytes);
        return Step::Continue;
    }
  }
  return finish_request(head, head_bytes, route.site, text_before, body.length, after);
}

Connection::Step Connection::finish_request(const http::RequestHead& head, std::size_t head_bytes, const SiteView* site,
                                            std::size_t text_before, std::uint64_t body_bytes, AfterAnswer after) {
  note_answer(&head, site, text_before, body_bytes);
  bench_.input.consume(head_bytes);
  if (after == AfterAnswer::Close) closes_ = true;
  return Step::Continue;
}

// What goes by reference is counted piece by piece as it leaves: whoever asks for a large body and hangs up costs the
// site what was sent. Copied bodies are so small that they count at once.
BlobCache::State Connection::queue_blob(const AnswerBody& body, SiteMeter& meter) {
  const bool is_small = body.blob_size <= http::kSmallBodyBytes;
  BlobRef blob;
  const auto state =
      (is_small ? bench_.bodies : bench_.files).find(body.blob, body.blob_size, id_, bench_.wheel.now(), blob);
  if (state != BlobCache::State::Ready) return state;
  if (is_small && body.length <= kCopiedBodyBytes) {
    bench_.output.copy(std::string_view(blob->bytes).substr(body.offset, body.length));
    meter.count(body.length, bench_.line());
  } else {
    bench_.output.add(std::move(blob), body.offset, body.length, &meter);
  }
  return state;
}

// Counts what will leave, and logs it when a log is kept. Requires: called once per answer, right behind its head and
// short text.
void Connection::note_answer(const http::RequestHead* head, const SiteView* site, std::size_t text_before,
                             std::uint64_t body_bytes) {
  const std::string& text = bench_.output.text();
  // "HTTP/1.1 200 OK": the answer itself is the only place that knows its status.
  const auto digit = [&](std::size_t i) { return text[text_before + i] - '0'; };
  add(bench_.requests, 1);
  add(bench_.answers[static_cast<std::size_t>(digit(9)) % bench_.answers.size()], 1);
  add(bench_.sent_bytes, body_bytes);
  if (bench_.access_ring != nullptr) [[unlikely]]
    log_answer(head, site, digit(9) * 100 + digit(10) * 10 + digit(11), body_bytes);
}

void Connection::answer_error(int status, AfterAnswer after, bool is_head, const http::RequestHead* head) {
  std::string& text = bench_.output.text();
  const std::size_t text_before = text.size();
  const bool is_http_1_0 = head != nullptr && head->minor_version == 0;
  const AnswerBody body = answer_plainly(status, AnswerFrame{bench_.status_lines, after, is_head, is_http_1_0}, text);
  if (body.kind == AnswerBody::Kind::Text) text.append(body.text);
  note_answer(head, nullptr, text_before, body.length);
  if (after == AfterAnswer::Close) closes_ = true;
}

// The head of a request that cannot be understood, and so the connection's last.
void Connection::refuse_head(int status, bool asks_api) {
  if (!asks_api) return answer_error(status, AfterAnswer::Close, false);
  std::string& text = bench_.output.text();
  const std::size_t text_before = text.size();
  const AnswerBody body = answer_with_text(AnswerFrame{bench_.status_lines, AfterAnswer::Close}, status,
                                           problem_text(status), "application/json", {}, text);
  text.append(body.text);
  note_answer(nullptr, nullptr, text_before, body.length);
  closes_ = true;
}

}  // namespace sitepod::serve
