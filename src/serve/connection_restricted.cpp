// Answers of sites that are not simply open: throttled ones, and previews with their expiry and password.
#include "base/time.hpp"
#include "http/basic_credentials.hpp"
#include "http/request_parser.hpp"
#include "serve/connection.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

namespace {
// Of one throttled site; more are sent away.
constexpr std::uint32_t kMaxWaitingForShare = 64;
}  // namespace

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
  return finish_request(head, head_bytes, nullptr, text_before, body.length, after);
}

}  // namespace sitepod::serve
