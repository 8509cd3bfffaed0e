// One end of a TCP connection as bytes, plain or through TLS. Every receive and send of the data plane goes through
// these functions; a plain stream pays one comparison for the other kind. A resource; worker thread only. Never blocks.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/fd.hpp"
#include "net/io_result.hpp"
#include "net/tls_session.hpp"

namespace sitepod::net {

enum class More : std::uint8_t { No, Follows };  // Follows: hold back a partial segment, the rest comes at once

class Stream {
 public:
  Stream() = default;
  explicit Stream(UniqueFd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }

  // From here on everything goes through TLS, once the handshake is done. False: memory is short.
  bool start_tls(const TlsAcceptor& acceptor);
  TlsSession::Handshake shake_hands(const TlsCertificates* certificates) { return tls_->shake_hands(certificates); }
  // After Handshake::NotTls: the answer goes as the request came.
  void give_up_tls() { tls_.reset(); }
  bool is_tls() const { return tls_ != nullptr; }

  IoResult receive(std::span<char> out);
  // receive() left something behind of which no edge will tell: more bytes, or the end. It may have yielded none.
  bool wants_another_call() const { return tls_ != nullptr && tls_->wants_another_call(); }
  IoResult send(std::span<const char> bytes, More more);
  IoResult send(std::span<const iovec> pieces, More more);
  IoResult send_file(int file, std::uint64_t offset, std::size_t length);
  // Says "no more from here" and keeps receiving.
  void end_sending();
  void close();
  // Numeric, without port; empty when the connection is gone already.
  std::string peer_address() const;

 private:
  UniqueFd fd_;
  std::unique_ptr<TlsSession> tls_;  // null: plain
};

}  // namespace sitepod::net
