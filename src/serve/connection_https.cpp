// The part of a connection that is about https: the handshake of TLS, what a certificate authority asks for, and the
// redirect of whoever came without TLS.
#include "http/authority.hpp"
#include "http/request_parser.hpp"
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

// What watches the server from inside a network knows its address and has no name for it.
bool is_probe(const http::RequestHead& head) {
  return http::is_ip_literal(head.host) &&
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
                                              std::string_view answer, AfterAnswer after) {
  std::string& text = bench_.output.text();
  const std::size_t text_before = text.size();
  AnswerFrame frame = frame_for(head, bench_.status_lines, after);
  frame.cache_line = kPrivateLine;
  const AnswerBody body = answer_with_text(frame, 200, answer, "application/octet-stream", {}, text);
  text.append(body.text);
  return finish_request(head, head_bytes, nullptr, text_before, body.length, after);
}

// Requires: the server speaks https.
bool Connection::wants_https(const http::RequestHead& head) const {
  if (stream_.is_tls() || head.host.empty() || !head.path.starts_with('/')) return false;
  if (http::is_loopback_host(head.host) || is_probe(head) || head.path.starts_with(kChallengePath)) return false;
  if (bench_.options.awaits_certificates) {
    const net::TlsCertificates* certificates = bench_.snapshot->certificates.get();
    if (certificates == nullptr || certificates->find(head.host) == nullptr) return false;
  }
  return client_transport(head) == Transport::Plain;
}

// The same address with https. 308 keeps method and body (RFC 9110 §15.4.9).
Connection::Step Connection::redirect_to_https(const http::RequestHead& head, std::size_t head_bytes,
                                               AfterAnswer after) {
  std::string location = "https://";
  location.append(head.host);
  if (const std::uint16_t port = bench_.options.public_https_port; port != kHttpsPort)
    location.append(":").append(std::to_string(port));
  location.append(head.path);
  if (head.has_query) location.append("?").append(head.query);

  std::string& text = bench_.output.text();
  const std::size_t text_before = text.size();
  AnswerHead(frame_for(head, bench_.status_lines, after), 308, text)
      .line("Location: ", location)
      .lines(kRedirectCaching)
      .content_length(0)
      .finish();
  return finish_request(head, head_bytes, nullptr, text_before, 0, after);
}

}  // namespace sitepod::serve
