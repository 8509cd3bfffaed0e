// The server's side of TLS on one connection, over OpenSSL: handshake, bytes in, bytes out, the orderly end. Only TLS
// 1.2 and 1.3 with forward secrecy and authenticated encryption, only http/1.1 inside, no renegotiation, no early data.
// Never blocks. A TlsAcceptor is for any thread; a session belongs to its connection's worker.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "net/io_result.hpp"
#include "net/tls_certificate.hpp"

// OpenSSL's, whose headers stay in the .cpp files.
struct ssl_ctx_st;
struct ssl_st;

namespace sitepod::net {

// What all sessions of a server share: the rules. Certificates and the keys of session tickets are not its: a session
// asks for them in its handshake, so that they can change at any time.
class TlsAcceptor {
 public:
  TlsAcceptor();
  ~TlsAcceptor();
  TlsAcceptor(const TlsAcceptor&) = delete;
  TlsAcceptor& operator=(const TlsAcceptor&) = delete;

  ssl_ctx_st* context() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

struct TlsSocket;  // what OpenSSL sees of the connection

class TlsSession {
 public:
  // Null when memory is short. Does not own `fd`, which is a non-blocking socket and outlives the session.
  static std::unique_ptr<TlsSession> begin(const TlsAcceptor& acceptor, int fd);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  enum class Handshake : std::uint8_t {
    Done,
    Waits,   // an edge will tell
    NotTls,  // a request of plain HTTP came instead: nothing was sent, and nothing can be
    Failed,
  };
  // Goes on with the handshake. Null: there is nothing to show, and the client is told that its name is unknown. Keeps
  // no pointer to the table.
  Handshake shake_hands(const TlsCertificates* certificates);

  // As those of Stream. Requires: the handshake is done.
  IoResult receive(std::span<char> out);
  IoResult send(std::span<const char> bytes);
  IoResult send(std::span<const iovec> pieces);
  IoResult send_file(int file, std::uint64_t offset, std::size_t length);
  // The last receive() left something behind of which no edge will tell: how it ended, or more than its share.
  bool wants_another_call() const { return ended_ || failed_ || was_cut_short_; }
  // Tells the other side that no more comes (close_notify), if that is still possible.
  void say_goodbye();

 private:
  TlsSession(ssl_st* ssl, std::unique_ptr<TlsSocket> socket);
  // At most one record.
  IoResult send_record(std::span<const char> bytes);
  IoState state_of_failure(int outcome);

  ssl_st* ssl_;
  std::unique_ptr<TlsSocket> socket_;
  bool established_ = false;
  bool ended_ = false;   // the other side has said goodbye
  bool failed_ = false;  // no call makes sense any more
  bool was_cut_short_ = false;
  bool said_goodbye_ = false;
};

}  // namespace sitepod::net
