#include "serve/connection.hpp"

#include "base/check.hpp"
#include "http/limits.hpp"
#include "http/request_parser.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

namespace {
// After so many reads other connections have their turn.
constexpr std::uint8_t kReadsPerTurn = 4;
}  // namespace

void Connection::open(UniqueFd fd, const net::TlsAcceptor* tls, Door door) {
  stream_ = net::Stream(std::move(fd));
  door_ = door;
  stage_ = Stage::Requests;
  may_read_ = end_announced_ = input_ended_ = closes_ = lingers_ = false;
  be_patient(Patience::Idle);
  if (tls != nullptr) {
    if (!stream_.start_tls(*tls)) return close();
    stage_ = Stage::Handshake;
    be_patient(Patience::Handshake);
  }
  if (!bench_.loop.watch(stream_.fd(), *this, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET).ok()) close();
}

void Connection::close() {
  if (!is_open()) return;
  if (stage_ == Stage::Handshake) add(bench_.tls_failures, 1);
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
  // What TLS had to write in order to read goes on when the socket takes bytes again.
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0 || stream_.is_tls()) may_read_ = true;
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

// A request that came before the server decided to stop is answered, also when its event is still waiting to be seen:
// only a read tells.
void Connection::close_when_idle() {
  if (stage_ == Stage::Handshake) return close();
  may_read_ = true;
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
    if (step == Step::Wait) return be_patient(patience_of_waiting());
    if (!receive()) return;
  }
}

Connection::Step Connection::next_step() {
  switch (stage_) {
    case Stage::Handshake:
      return shake_hands();
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
      if (result.count < room.size()) may_read_ = end_announced_ || stream_.wants_another_call();
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

Connection::Patience Connection::patience_of_waiting() const {
  if (stage_ == Stage::Handshake) return Patience::Handshake;
  return waits_on_ != nullptr ? Patience::Share : Patience::Unlimited;
}

// The deadline of a handshake, of a head and of lingering is fixed when it begins, that of a body until enough of it
// has come; the others begin anew with everything that happens.
bool Connection::is_deadline_fixed(Patience patience) const {
  if (patience == Patience::Body) return api_->fresh_bytes < http::kBodyProgressBytes;
  return patience == Patience::Handshake || patience == Patience::Head || patience == Patience::Linger;
}

void Connection::be_patient(Patience patience) {
  if (!is_open() || (patience == patience_ && is_deadline_fixed(patience))) return;
  patience_ = patience;
  const Deadlines& limits = bench_.options.deadlines;
  const net::Monotonic now = bench_.wheel.now();
  switch (patience) {
    case Patience::Handshake:
      return bench_.wheel.set(*this, now + limits.handshake);
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
