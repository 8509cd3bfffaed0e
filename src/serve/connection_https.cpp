// The part of a connection that is about https: the handshake of TLS, what a certificate authority asks for, and the
// redirect of whoever came without TLS.
#include "http/request_parser.hpp"
#include "http/syntax.hpp"
#include "serve/answer_head.hpp"
#include "serve/connection.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

namespace {
constexpr std::string_view kSpeakHttps = "This port speaks https: begin the address with https://\n";
// Long enough to spare visitors the way round, short enough to take https back.
constexpr std::string_view kRedirectCaching = "Cache-Control: max-age=3600\r\n";
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::string_view kChallengePath = "/.well-known/acme-challenge/";

bool is_local(std::string_view host) {
  constexpr std::string_view kLocal = "localhost";
  if (host.size() >= kLocal.size() && http::equal_ignoring_case(host.substr(host.size() - kLocal.size()), kLocal))
    return host.size() == kLocal.size() || host[host.size() - kLocal.size() - 1] == '.';
  return is_ip_literal(host) && (host.starts_with("127.") || host == "[::1]");
}

// What watches the server from inside a network knows its address and has no name for it.
bool is_probe(const http::RequestHead& head) {
  return is_ip_literal(head.host) &&
         (head.path == "/api/v1/health" || head.path == "/healthz" || head.path == "/readyz");
}
}  // namespace

Connection::Step Connection::shake_hands() {
  switch (stream_.shake_hands(bench_.snapshot->certificates.get())) {
    case net::TlsSession::Handshake::Waits:
      return Step::Wait;
    case net::TlsSession::Handshake::Done:
      add(bench_.tls_handshakes, 1);
      stage_ = Stage::Requests;
      // The edge of what came behind the handshake may be over.
      may_read_ = true;
      patience_ = Patience::Unlimited;
      return Step::Continue;
    case net::TlsSession::Handshake::NotTls: {
      stream_.give_up_tls();
      stage_ = Stage::Requests;
      std::string& text = bench_.output.text();
      const std::size_t text_before = text.size();
      const AnswerFrame frame{bench_.status_lines, AfterAnswer::Close};
      const AnswerBody body = answer_with_text(frame, 400, kSpeakHttps, kPlainTextType, {}, text);
      text.append(body.text);
      note_answer(nullptr, nullptr, text_before, body.length);
      closes_ = lingers_ = true;
      return Step::Continue;
    }
    case net::TlsSession::Handshake::Failed:
      break;
  }
  close();
  return Step::Wait;
}

// Only live tokens are the platform's; everything else below that path is the site's own.
const std::string* Connection::find_challenge(const http::RequestHead& head) const {
  const bool is_read = head.method == http::Method::Get || head.method == http::Method::Head;
  if (!is_read || !head.path.starts_with(kChallengePath)) return nullptr;
  const auto found = bench_.snapshot->challenges->find(head.path.substr(kChallengePath.size()));
  return found == bench_.snapshot->challenges->end() ? nullptr : &found->second;
}

Connection::Step Connection::answer_challenge(const http::RequestHead& head, std::size_t head_bytes,
                                              std::string_view answer, bool has_body) {
  const bool keeps = head.keep_alive && !bench_.draining && !has_body;
  if (has_body) lingers_ = true;
  std::string& text = bench_.output.text();
  const std::size_t text_before = text.size();
  const bool is_head = head.method == http::Method::Head;
  const AnswerFrame frame{bench_.status_lines, keeps ? AfterAnswer::KeepAlive : AfterAnswer::Close, is_head,
                          head.minor_version == 0};
  AnswerHead(frame, 200, text)
      .lines("Content-Type: application/octet-stream\r\nCache-Control: no-store\r\n")
      .content_length(answer.size())
      .finish();
  if (!is_head) text.append(answer);
  note_answer(&head, nullptr, text_before, is_head ? 0 : answer.size());
  bench_.input.consume(head_bytes);
  if (!keeps) closes_ = true;
  return Step::Continue;
}

// Requires: the server speaks https.
bool Connection::wants_https(const http::RequestHead& head) const {
  if (stream_.is_tls() || head.host.empty() || !head.path.starts_with('/')) return false;
  if (is_local(head.host) || is_probe(head) || head.path.starts_with(kChallengePath)) return false;
  if (bench_.options.awaits_certificates) {
    const net::TlsCertificates* certificates = bench_.snapshot->certificates.get();
    if (certificates == nullptr || certificates->find(head.host) == nullptr) return false;
  }
  return client_transport(head) == Transport::Plain;
}

// The same address with https. 308 keeps method and body (RFC 9110 §15.4.9).
Connection::Step Connection::redirect_to_https(const http::RequestHead& head, std::size_t head_bytes, bool has_body) {
  const bool keeps = head.keep_alive && !bench_.draining && !has_body;
  // Nobody here reads a body; see answer_request.
  if (has_body) lingers_ = true;
  std::string location = "https://";
  location.append(head.host);
  if (const std::uint16_t port = bench_.options.public_https_port; port != kHttpsPort)
    location.append(":").append(std::to_string(port));
  location.append(head.path);
  if (head.has_query) location.append("?").append(head.query);

  std::string& text = bench_.output.text();
  const std::size_t text_before = text.size();
  const AnswerFrame frame{bench_.status_lines, keeps ? AfterAnswer::KeepAlive : AfterAnswer::Close,
                          head.method == http::Method::Head, head.minor_version == 0};
  AnswerHead(frame, 308, text).line("Location: ", location).lines(kRedirectCaching).content_length(0).finish();
  note_answer(&head, nullptr, text_before, 0);
  bench_.input.consume(head_bytes);
  if (!keeps) closes_ = true;
  return Step::Continue;
}

}  // namespace sitepod::serve
