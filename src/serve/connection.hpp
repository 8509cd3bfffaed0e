// One visitor's connection: reads requests, answers each in order, and keeps the deadlines. A plain state machine that
// advance() moves as far as bytes and time allow; every event, message and deadline ends in a call of it.
// Owned by a worker for life; its thread only. Never blocks; allocates only when a request or an answer stays
// unfinished.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/event_loop.hpp"
#include "net/stream.hpp"
#include "net/timer_wheel.hpp"
#include "serve/answer.hpp"
#include "serve/api_call.hpp"
#include "serve/body_framing.hpp"
#include "serve/connection_id.hpp"
#include "serve/output_queue.hpp"
#include "serve/route.hpp"

namespace sitepod::http {
class RequestParser;
}

namespace sitepod::serve {

struct SiteMeter;
struct Workbench;

class Connection final : public net::EventSink, public net::TimerWheel::Timer {
 public:
  Connection(Workbench& bench, std::uint32_t index) : bench_(bench), id_{index, 0} {}

  enum class Door : std::uint8_t { Visitors, Admins };  // by which address it came

  // Takes over an accepted socket. `tls` null: it speaks plain HTTP.
  void open(UniqueFd fd, const net::TlsAcceptor* tls, Door door = Door::Visitors);
  bool is_open() const { return stage_ != Stage::Closed; }
  ConnectionId id() const { return id_; }

  // Goes on as far as possible. Harmless at any time.
  void advance();
  // What it waited for has arrived, or never will.
  void resume();
  // Drain: an idle connection closes now, a busy one after its answer.
  void close_when_idle();
  void close();

 private:
  enum class Stage : std::uint8_t {
    Handshake,        // of TLS
    Requests,         // between requests, or in a head
    WaitsForAnother,  // thread: a blob to be fetched, a preview's password to be checked
    WaitsForShare,    // until a throttled site may send again
    Api,              // an API call is under way: its body arrives, its handler works, its answer leaves
    Lingering,        // the last answer is out; reads on so that it is not lost to a reset (RFC 9112 §9.6)
    Closed,
  };
  // What the state machine needs in order to go on.
  enum class Step : std::uint8_t {
    Continue,
    NeedInput,
    Wait,  // for another thread
  };
  enum class Patience : std::uint8_t { Handshake, Idle, Head, Body, Send, Linger, Share, Pace, Unlimited };

  // A call that a site's visitor made counts as the site's. Copied: the snapshot may be gone when it is answered.
  struct Visited {
    SiteMeter* meter;  // the worker's, which stays
    std::string project, image;
  };

  // The API call of Stage::Api.
  struct Api {
    std::shared_ptr<ApiCall> call;
    BodyFraming body;
    std::uint64_t fresh_bytes = 0;  // of the body, since its deadline was set
    std::string piece = {};         // of a streamed answer, kept for its memory
    std::unique_ptr<Visited> visited = nullptr;
    bool is_long = false;       // more than a handler is given in one piece
    bool client_waits = false;  // for "100 Continue"
    bool is_submitted = false;
    bool is_body_settled = false;  // nothing more of it is expected: complete or broken
    bool has_response = false;     // the handler has answered
    bool is_answered = false;      // the answer's head is queued
    bool is_streaming = false;     // more of the answer will come
    bool is_chunked = false;
    bool is_head = false;
    bool http_1_0 = false;
  };

  void on_ready(std::uint32_t events) override;
  void on_deadline() override;

  // advance()
  void run();
  Step next_step();
  bool receive();
  void on_end_of_input();
  bool flush();
  void load_held_input();
  void hold_back_input();
  void be_patient(Patience patience);
  bool is_deadline_fixed(Patience patience) const;
  Patience patience_of_waiting() const;

  // https (connection_https.cpp).
  Step shake_hands();
  const std::string* find_challenge(const http::RequestHead& head) const;
  Step answer_challenge(const http::RequestHead& head, std::size_t head_bytes, std::string_view answer,
                        AfterAnswer after);
  bool wants_https(const http::RequestHead& head) const;
  Step redirect_to_https(const http::RequestHead& head, std::size_t head_bytes, AfterAnswer after);

  // Requests and their answers from the snapshot.
  Step take_requests();
  Step take_request();
  Step answer_request(const http::RequestHead& head, std::size_t head_bytes);
  AfterAnswer after_answer(const http::RequestHead& head, bool has_unread_body);
  Step answer_site(const http::RequestHead& head, std::size_t head_bytes, const Route& route, AfterAnswer after);
  Step answer_view(const http::RequestHead& head, std::size_t head_bytes, const Route& route, AfterAnswer after);
  Step answer_visit(const http::RequestHead& head, std::size_t head_bytes, const Route& route, AfterAnswer after);
  Step answer_preview(const http::RequestHead& head, std::size_t head_bytes, const Route& route, AfterAnswer after);
  Step answer_throttled(const http::RequestHead& head, std::size_t head_bytes, const Route& route, AfterAnswer after);
  void stop_waiting_for_share();
  Step start_unlock(const http::RequestHead& head, std::size_t head_bytes, const Route& route, const AnswerBody& form);
  Step refuse(int status, const http::RequestHead& head, std::size_t head_bytes, AfterAnswer after);
  BlobCache::State queue_blob(const AnswerBody& body, SiteMeter& meter);
  // Once the answer is in the output, its head and short text from `text_before` on.
  Step finish_request(const http::RequestHead& head, std::size_t head_bytes, const SiteView* site,
                      std::size_t text_before, std::uint64_t body_bytes, AfterAnswer after);
  void refuse_head(int status, bool asks_api);
  void answer_error(int status, AfterAnswer after, bool is_head, const http::RequestHead* head = nullptr);
  void note_answer(const http::RequestHead* head, const SiteView* site, std::size_t text_before,
                   std::uint64_t body_bytes);
  void log_answer(const http::RequestHead* head, const SiteView* site, int status, std::uint64_t body_bytes);
  void log_api_answer(std::uint64_t body_bytes);
  // Who asks, behind proxies that are believed, and how it came to them.
  std::string client_address(const http::RequestHead* head) const;
  Transport client_transport(const http::RequestHead& head) const;
  Step finish_closing();

  // API calls (connection_api.cpp).
  // `handler`: instead of the control API.
  Step start_api_call(const http::RequestHead& head, std::size_t head_bytes, http::ApiHandler handler = nullptr);
  Step api_step();
  void take_body();
  void continue_when_wanted();
  void submit_call();
  void break_body(int status = 400);
  void on_api_answer();
  void decide_unread_body();
  void append_api_answer();
  void pull_stream();
  Step finish_api_call();

  Workbench& bench_;
  ConnectionId id_;
  net::Stream stream_;
  Stage stage_ = Stage::Closed;
  Patience patience_ = Patience::Unlimited;
  bool may_read_ = false;       // the kernel may hold input: an edge came and no read has come back short since
  bool end_announced_ = false;  // the other side has closed its direction; the read that says so is still to come
  bool input_ended_ = false;
  bool closes_ = false;   // no request is taken any more; closes when the output has left
  bool lingers_ = false;  // …reading on, because there is unread input
  Door door_ = Door::Visitors;
  std::uint8_t reads_this_turn_ = 0;

  std::string held_input_;                            // what arrived and could not be worked on yet
  std::unique_ptr<http::RequestParser> head_parser_;  // remembers its place in a head that arrives in pieces
  std::unique_ptr<OutputQueue> output_;               // what the kernel did not take
  std::unique_ptr<Api> api_;
  SiteMeter* waits_on_ = nullptr;  // of Stage::WaitsForShare
};

}  // namespace sitepod::serve
