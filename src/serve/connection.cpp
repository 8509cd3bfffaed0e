#include "serve/connection.hpp"

#include "base/check.hpp"
#include "base/time.hpp"
#include "http/basic_credentials.hpp"
#include "http/limits.hpp"
#include "http/request_parser.hpp"
#include "serve/answer_head.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

namespace {
// After so many reads other connections have their turn.
constexpr std::uint8_t kReadsPerTurn = 4;
// Copying a body behind its head is cheaper than one more piece of a sendmsg up to about here.
constexpr std::uint64_t kCopiedBodyBytes = 8 * 1024;

// Of one throttled site; more are sent away.
constexpr std::uint32_t kMaxWaitingForShare = 64;

// Whether a request line, of which nothing more need be right, asks the API.
bool asks_api(std::string_view input) {
  if (input.starts_with("\r\n")) input.remove_prefix(2);
  constexpr std::size_t kLongestMethod = 32;
  const std::size_t space = input.substr(0, kLongestMethod).find(' ');
  return space != std::string_view::npos && input.substr(space + 1).starts_with("/api/");
}

bool has_body(const http::RequestHead& head) { return BodyFraming(head).state() != BodyFraming::State::Complete; }
}  // namespace

void Connection::open(UniqueFd fd) {
  stream_ = net::Stream(std::move(fd));
  stage_ = Stage::Requests;
  may_read_ = end_announced_ = input_ended_ = closes_ = lingers_ = false;
  be_patient(Patience::Idle);
  if (!bench_.loop.watch(stream_.fd(), *this, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET).ok()) close();
}

void Connection::close() {
  if (!is_open()) return;
  // What this connection was about to send must never reach the next one that uses the shared queue.
  bench_.output.clear();
  if (api_) {
    api_->call->body.fail();
    api_->call->answer.break_off();
  }
  api_.reset();
  stop_waiting_for_share();
  output_.reset();
  head_parser_.reset();
  std::string().swap(held_input_);
  stream_.close();
  stage_ = Stage::Closed;
  ++id_.life;
  bench_.wheel.set(*this, net::kNever);
  bench_.bury(*this);
}

void Connection::on_ready(std::uint32_t events) {
  if (!is_open()) return;
  if ((events & EPOLLERR) != 0) return close();
  // The end may have come together with data that a single read returns short: only the read that yields 0 is the end.
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) end_announced_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) may_read_ = true;
  advance();
}

void Connection::on_deadline() {
  if (!is_open()) return;
  if (patience_ == Patience::Share) return resume();
  if (patience_ == Patience::Pace) return advance();
  if (patience_ != Patience::Body) return close();
  break_body(408);
  advance();
}

void Connection::resume() {
  stop_waiting_for_share();
  if (stage_ == Stage::WaitsForAnother || stage_ == Stage::WaitsForShare) stage_ = Stage::Requests;
  advance();
}

void Connection::close_when_idle() {
  advance();
  if (stage_ == Stage::Requests && held_input_.empty() && !output_) close();
}

void Connection::advance() {
  if (!is_open()) return;
  reads_this_turn_ = 0;
  load_held_input();
  run();
  hold_back_input();
  // The queue is shared: what stayed in it would be sent to somebody else.
  SITEPOD_CHECK(bench_.output.empty());
}

void Connection::run() {
  if (!flush()) return;
  for (;;) {
    const Step step = next_step();
    if (!flush()) return;
    if (step == Step::Continue) continue;
    if (step == Step::Wait) return be_patient(waits_on_ != nullptr ? Patience::Share : Patience::Unlimited);
    if (!receive()) return;
  }
}

Connection::Step Connection::next_step() {
  switch (stage_) {
    case Stage::Requests:
      return closes_ ? finish_closing() : take_requests();
    case Stage::Api:
      return api_step();
    case Stage::Lingering:
      bench_.input.clear();
      return Step::NeedInput;
    case Stage::WaitsForAnother:
    case Stage::WaitsForShare:
    case Stage::Closed:
      break;
  }
  return Step::Wait;
}

// Hot path 1/8: read. False: nothing more can be done in this turn.
bool Connection::receive() {
  if (input_ended_) {
    close();
    return false;
  }
  if (!may_read_) {
    switch (stage_) {
      case Stage::Requests:
        be_patient(bench_.input.empty() ? Patience::Idle : Patience::Head);
        break;
      case Stage::Api:
        be_patient(api_->is_answered ? Patience::Linger : Patience::Body);
        break;
      default:
        be_patient(Patience::Linger);
    }
    return false;
  }
  if (reads_this_turn_++ == kReadsPerTurn) {
    bench_.run_again(*this);
    return false;
  }
  const std::span<char> room = bench_.input.room();
  const net::IoResult result = stream_.receive(room);
  switch (result.state) {
    case net::IoState::Moved:
      bench_.input.end += result.count;
      if (result.count < room.size()) may_read_ = end_announced_;
      return true;
    case net::IoState::WouldBlock:
      may_read_ = false;
      return true;
    case net::IoState::Ended:
      on_end_of_input();
      return is_open();
    default:
      close();
      return false;
  }
}

void Connection::on_end_of_input() {
  input_ended_ = true;
  may_read_ = false;
  if (stage_ != Stage::Api) return close();
  break_body();
}

// True when everything is out.
bool Connection::flush() {
  OutputQueue& queue = output_ ? *output_ : bench_.output;
  if (queue.empty()) return true;
  switch (const auto progress = queue.send(stream_, bench_.line())) {
    case OutputQueue::Progress::Done:
      output_.reset();
      return true;
    case OutputQueue::Progress::Blocked:
    case OutputQueue::Progress::Yielded:
      if (!output_) output_ = bench_.output.take_rest();
      if (progress == OutputQueue::Progress::Yielded) bench_.run_again(*this);
      be_patient(Patience::Send);
      return false;
    case OutputQueue::Progress::Paced:
      if (!output_) output_ = bench_.output.take_rest();
      be_patient(Patience::Pace);
      return false;
    case OutputQueue::Progress::FileFailed:
      bench_.files.forget(queue.front_blob());
      [[fallthrough]];
    case OutputQueue::Progress::Broken:
      break;
  }
  close();
  return false;
}

void Connection::load_held_input() {
  bench_.input.clear();
  if (held_input_.empty()) return;
  held_input_.copy(bench_.input.bytes.get(), held_input_.size());
  bench_.input.end = held_input_.size();
  held_input_.clear();
}

void Connection::hold_back_input() {
  if (!is_open()) return;
  if (!bench_.input.empty()) {
    held_input_ = bench_.input.view();
  } else if (held_input_.capacity() > sizeof held_input_) {
    std::string().swap(held_input_);
  }
}

// The deadline of a head and of lingering is fixed when it begins, that of a body until enough of it has come; the
// others begin anew with everything that happens.
bool Connection::is_deadline_fixed(Patience patience) const {
  if (patience == Patience::Body) return api_->fresh_bytes < http::kBodyProgressBytes;
  return patience == Patience::Head || patience == Patience::Linger;
}

void Connection::be_patient(Patience patience) {
  if (!is_open() || (patience == patience_ && is_deadline_fixed(patience))) return;
  patience_ = patience;
  const Deadlines& limits = bench_.options.deadlines;
  const net::Monotonic now = bench_.wheel.now();
  switch (patience) {
    case Patience::Idle:
      return bench_.wheel.set(*this, now + limits.idle);
    case Patience::Head:
      return bench_.wheel.set(*this, now + limits.head);
    case Patience::Body:
      api_->fresh_bytes = 0;
      return bench_.wheel.set(*this, now + limits.body);
    case Patience::Send:
      return bench_.wheel.set(*this, now + limits.send);
    case Patience::Linger:
      return bench_.wheel.set(*this, now + limits.linger);
    case Patience::Share:
      return bench_.wheel.set(*this, waits_on_->free_at);
    case Patience::Pace:
      return bench_.wheel.set(*this, output_->paced_until());
    case Patience::Unlimited:
      return bench_.wheel.set(*this, net::kNever);
  }
}

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
  const Route route = find_route(*bench_.snapshot, head);
  if (route.kind == Route::Kind::Api) return start_api_call(head, head_bytes);

  AfterAnswer after = head.keep_alive && !bench_.draining ? AfterAnswer::KeepAlive : AfterAnswer::Close;
  const bool is_head = head.method == http::Method::Head;
  if (has_body(head)) {
    // Nobody here reads it, and what stands in it must never be taken for a request: the connection ends behind the
    // answer.
    after = AfterAnswer::Close;
    lingers_ = true;
    if (is_head || head.method == http::Method::Get) {
      answer_error(400, after, is_head, &head);
      bench_.input.clear();
      return Step::Continue;
    }
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

Connection::Step Connection::answer_view(const http::RequestHead& head, std::size_t head_bytes, const Route& route,
                                         AfterAnswer after) {
  if (route.site->restriction == Restriction::Throttled) [[unlikely]]
    return answer_throttled(head, head_bytes, route, after);
  return route.site->is_preview ? answer_preview(head, head_bytes, route, after)
                                : answer_site(head, head_bytes, route, after);
}

// The site has used up its bytes of the month: each answer waits until what has left before it would have left at the
// site's slow rate, and so does each piece of a large body (OutputQueue). The request stays in the input and is
// answered anew.
Connection::Step Connection::answer_throttled(const http::RequestHead& head, std::size_t head_bytes, const Route& route,
                                              AfterAnswer after) {
  SiteMeter& meter = bench_.meters.at(route.site->meter);
  if (meter.free_at <= bench_.wheel.now())
    return route.site->is_preview ? answer_preview(head, head_bytes, route, after)
                                  : answer_site(head, head_bytes, route, after);
  if (meter.waiting >= kMaxWaitingForShare) {
    answer_error(503, after, head.method == http::Method::Head, &head);
    bench_.input.consume(head_bytes);
    return Step::Continue;
  }
  ++meter.waiting;
  waits_on_ = &meter;
  stage_ = Stage::WaitsForShare;
  return Step::Wait;
}

void Connection::stop_waiting_for_share() {
  if (waits_on_ == nullptr) return;
  --waits_on_->waiting;
  waits_on_ = nullptr;
}

// What comes between a preview and its visitors: its expiry, to the instant, and its password.
Connection::Step Connection::answer_preview(const http::RequestHead& head, std::size_t head_bytes, const Route& route,
                                            AfterAnswer after) {
  const SiteView& site = *route.site;
  if (site.expires_at <= now()) return refuse(410, head, head_bytes, after);
  if (site.lock.empty()) return answer_site(head, head_bytes, route, after);
  const auto credentials = http::parse_basic_credentials(head[http::Known::Authorization]);
  if (!credentials) return refuse(401, head, head_bytes, after);
  switch (bench_.locks.ask(site.lock, credentials->password, id_)) {
    case PreviewLocks::Answer::Open:
      return answer_site(head, head_bytes, route, after);
    case PreviewLocks::Answer::Shut:
      return refuse(401, head, head_bytes, after);
    case PreviewLocks::Answer::Busy:
      return refuse(503, head, head_bytes, after);
    case PreviewLocks::Answer::Checking:
      break;
  }
  // The request stays in the input and is answered anew.
  stage_ = Stage::WaitsForAnother;
  return Step::Wait;
}

Connection::Step Connection::refuse(int status, const http::RequestHead& head, std::size_t head_bytes,
                                    AfterAnswer after) {
  std::string& text = bench_.output.text();
  const std::size_t text_before = text.size();
  const AnswerBody body = refuse_preview(status, head, bench_.status_lines, after, text);
  if (body.kind == AnswerBody::Kind::Text) text.append(body.text);
  note_answer(&head, nullptr, text_before, body.length);
  bench_.input.consume(head_bytes);
  if (after == AfterAnswer::Close) closes_ = true;
  return Step::Continue;
}

Connection::Step Connection::answer_site(const http::RequestHead& head, std::size_t head_bytes, const Route& route,
                                         AfterAnswer after) {
  std::string& text = bench_.output.text();
  const std::size_t text_before = text.size();
  const AnswerBody body = answer(head, *route.site, bench_.status_lines, after, text, route.mount, route.visit);
  SiteMeter& meter = bench_.meters.at(route.site->meter);
  meter.is_throttled = route.site->restriction == Restriction::Throttled;
  if (body.kind == AnswerBody::Kind::Text) {
    text.append(body.text);
    meter.count(body.length, bench_.line());
  } else if (body.kind == AnswerBody::Kind::Unlock) {
    return start_unlock(head, head_bytes, route, body);
  } else if (body.kind == AnswerBody::Kind::Blob && body.length > 0) {
    switch (queue_blob(body, meter)) {
      case BlobCache::State::Ready:
        break;
      case BlobCache::State::Loading:
        // The request stays in the input and is answered anew, from whatever is released by then.
        text.resize(text_before);
        stage_ = Stage::WaitsForAnother;
        return Step::Wait;
      case BlobCache::State::Failed:
        text.resize(text_before);
        answer_error(500, after, false, &head);
        bench_.input.consume(head_bytes);
        return Step::Continue;
    }
  }
  note_answer(&head, route.site, text_before, body.length);
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

// Closing a socket with unread input resets the connection, and a reset overtakes the answer.
Connection::Step Connection::finish_closing() {
  if (!bench_.output.empty()) return Step::Continue;  // the answer leaves first
  const bool has_unread_input = lingers_ || may_read_ || !bench_.input.empty();
  if (input_ended_ || !has_unread_input) {
    close();
    return Step::Wait;
  }
  stream_.end_sending();
  stage_ = Stage::Lingering;
  return Step::Continue;
}

}  // namespace sitepod::serve
