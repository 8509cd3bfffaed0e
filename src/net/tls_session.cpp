#include "net/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/check.hpp"
#include "base/file.hpp"
#include "net/tls_hello.hpp"

namespace sitepod::net {
namespace {

// The largest record (RFC 8446 §5.1): a piece of this size costs the least per byte.
constexpr std::size_t kRecordBytes = 16 * 1024;

// Of the socket in one receive(). Far more than bytes of the application need; but a client may send as many records
// that carry none (RFC 8446 §4.6.3) as it likes, and OpenSSL would read on until one does.
constexpr int kReadsPerCall = 16;
constexpr int kUnlimited = -1;

// All with forward secrecy and authenticated encryption; AES with 128 bits first, which is strong enough and cheapest.
constexpr const char* kSuitesOf13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kSuitesOf12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr std::string_view kProtocol = "http/1.1";

// Before anything of the hello is acted upon, also before a ticket is opened: the session's context then is the
// certificate's, and no ticket of another name counts.
int choose_certificate(SSL* ssl, int* alert, void*) {
  const auto* certificates = static_cast<const TlsCertificates*>(SSL_get_app_data(ssl));
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  std::string_view name;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) == 1)
    name = find_server_name({reinterpret_cast<const char*>(bytes), size});
  const TlsCertificate* chosen = certificates != nullptr ? certificates->choose(name) : nullptr;
  if (chosen == nullptr) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }
  const auto& context = chosen->fingerprint().bytes;
  if (SSL_use_cert_and_key(ssl, chosen->certificate(), chosen->key(), chosen->chain(), 1) != 1 ||
      SSL_set_session_id_context(ssl, context.data(), static_cast<unsigned>(context.size())) != 1) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
  }
  return SSL_CLIENT_HELLO_SUCCESS;
}

// The keys are those of the table that the handshake is given, as its certificate is.
int use_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int is_sealed_now) {
  const auto* certificates = static_cast<const TlsCertificates*>(SSL_get_app_data(ssl));
  if (certificates == nullptr) return static_cast<int>(TlsTicketKeys::Use::Failure);
  const std::span<std::uint8_t, 16> key_name(name, 16);
  return static_cast<int>(certificates->ticket_keys().prepare(key_name, iv, cipher, mac, is_sealed_now == 1));
}

// RFC 7301 §3.2: who offers only what is not spoken here is refused, not answered in something else.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offers,
                    unsigned length, void*) {
  std::string_view rest(reinterpret_cast<const char*>(offers), length);
  while (!rest.empty()) {
    const auto size = static_cast<std::uint8_t>(rest.front());
    const std::string_view offer = rest.substr(1, size);
    if (offer == kProtocol) {
      *out = reinterpret_cast<const unsigned char*>(offer.data());
      *out_length = size;
      return SSL_TLSEXT_ERR_OK;
    }
    rest.remove_prefix(std::min<std::size_t>(rest.size(), std::size_t{1} + size));
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

// In place of OpenSSL's own socket it notes whether the kernel had more: a read that came back short needs no second
// one to learn that there is nothing, and a send to a connection that is gone raises no signal.
struct TlsSocket {
  int fd = -1;
  bool is_drained = false;  // the last read yielded less than there was room for
  int reads_left = kUnlimited;
  bool was_refused = false;  // a read, because none was left
  bool has_ended = false;

  static int receive(BIO* bio, char* out, std::size_t size, std::size_t* count);
  static int send(BIO* bio, const char* bytes, std::size_t size, std::size_t* count);
  static long control(BIO* bio, int command, long, void*);
  static const BIO_METHOD* method();
};

int TlsSocket::receive(BIO* bio, char* out, std::size_t size, std::size_t* count) {
  auto& socket = *static_cast<TlsSocket*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  socket.was_refused = socket.reads_left == 0;
  if (socket.was_refused) {
    BIO_set_retry_read(bio);
    return 0;
  }
  if (socket.reads_left != kUnlimited) --socket.reads_left;
  ssize_t received;
  do received = ::recv(socket.fd, out, size, 0);
  while (received < 0 && errno == EINTR);
  socket.is_drained = received < 0 || static_cast<std::size_t>(received) < size;
  if (received == 0) socket.has_ended = true;
  if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
  if (received <= 0) return 0;
  *count = static_cast<std::size_t>(received);
  return 1;
}

int TlsSocket::send(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
  const auto& socket = *static_cast<TlsSocket*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t sent;
  do sent = ::send(socket.fd, bytes, size, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
  if (sent <= 0) return 0;
  *count = static_cast<std::size_t>(sent);
  return 1;
}

long TlsSocket::control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return static_cast<TlsSocket*>(BIO_get_data(bio))->has_ended ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* TlsSocket::method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
    SITEPOD_CHECK(method != nullptr && BIO_meth_set_read_ex(method, receive) == 1 &&
                  BIO_meth_set_write_ex(method, send) == 1 && BIO_meth_set_ctrl(method, control) == 1);
    return method;
  }();
  return made;
}

TlsAcceptor::TlsAcceptor() : context_(SSL_CTX_new(TLS_server_method())) {
  SITEPOD_CHECK(context_ != nullptr);
  SITEPOD_CHECK(SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION) == 1);
  SITEPOD_CHECK(SSL_CTX_set_cipher_list(context_, kSuitesOf12) == 1);
  SITEPOD_CHECK(SSL_CTX_set_ciphersuites(context_, kSuitesOf13) == 1);
  SITEPOD_CHECK(SSL_CTX_set1_groups_list(context_, kGroups) == 1);
  // The end of a message shows in HTTP itself, so that a connection that ends without a goodbye is an end like others.
  SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                    SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context_,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // A record in one read instead of two.
  SSL_CTX_set_read_ahead(context_, 1);
  // Clients keep their sessions in tickets; a cache here would be a lock that all workers share.
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  SITEPOD_CHECK(SSL_CTX_set_tlsext_ticket_key_evp_cb(context_, use_ticket) == 1);
  SSL_CTX_set_client_hello_cb(context_, choose_certificate, nullptr);
  SSL_CTX_set_alpn_select_cb(context_, choose_protocol, nullptr);
}

TlsAcceptor::~TlsAcceptor() { SSL_CTX_free(context_); }

std::unique_ptr<TlsSession> TlsSession::begin(const TlsAcceptor& acceptor, int fd) {
  auto socket = std::make_unique<TlsSocket>();
  socket->fd = fd;
  SSL* ssl = SSL_new(acceptor.context());
  BIO* bio = ssl != nullptr ? BIO_new(TlsSocket::method()) : nullptr;
  if (bio == nullptr) {
    SSL_free(ssl);
    ERR_clear_error();
    return nullptr;
  }
  BIO_set_data(bio, socket.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_accept_state(ssl);
  return std::unique_ptr<TlsSession>(new TlsSession(ssl, std::move(socket)));
}

TlsSession::TlsSession(ssl_st* ssl, std::unique_ptr<TlsSocket> socket) : ssl_(ssl), socket_(std::move(socket)) {}

TlsSession::~TlsSession() { SSL_free(ssl_); }

// The error queue belongs to the thread: what another connection left there must not speak for this one.
IoState TlsSession::state_of_failure(int outcome) {
  switch (SSL_get_error(ssl_, outcome)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return IoState::WouldBlock;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      return IoState::Ended;
    default:
      failed_ = true;
      return IoState::Broken;
  }
}

TlsSession::Handshake TlsSession::shake_hands(const TlsCertificates* certificates) {
  ERR_clear_error();
  // Only the callbacks of this very call look at it, and only as a table.
  SSL_set_app_data(ssl_, const_cast<TlsCertificates*>(certificates));
  const int outcome = SSL_do_handshake(ssl_);
  SSL_set_app_data(ssl_, nullptr);
  if (outcome == 1) {
    established_ = true;
    return Handshake::Done;
  }
  const unsigned long cause = ERR_peek_error();
  if (state_of_failure(outcome) == IoState::WouldBlock) return Handshake::Waits;
  failed_ = true;
  ERR_clear_error();
  return ERR_GET_LIB(cause) == ERR_LIB_SSL && ERR_GET_REASON(cause) == SSL_R_HTTP_REQUEST ? Handshake::NotTls
                                                                                          : Handshake::Failed;
}

// Until the room is full or neither the kernel nor OpenSSL has more: an edge is not told twice, and what OpenSSL holds
// is told by none. That the kernel had no more at an earlier call says nothing: its edge may have been told since.
IoResult TlsSession::receive(std::span<char> out) {
  socket_->is_drained = socket_->was_refused = was_cut_short_ = false;
  socket_->reads_left = kReadsPerCall;
  std::size_t total = 0;
  while (total < out.size()) {
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_read_ex(ssl_, out.data() + total, out.size() - total, &count);
    if (outcome != 1) {
      const IoState state = state_of_failure(outcome);
      was_cut_short_ = state == IoState::WouldBlock && socket_->was_refused;
      return total > 0 || was_cut_short_ ? IoResult{IoState::Moved, total} : IoResult{state, 0};
    }
    total += count;
    if (socket_->is_drained && SSL_has_pending(ssl_) == 0) break;
  }
  return {IoState::Moved, total};
}

IoResult TlsSession::send_record(std::span<const char> bytes) {
  ERR_clear_error();
  std::size_t count = 0;
  const int outcome = SSL_write_ex(ssl_, bytes.data(), std::min(bytes.size(), kRecordBytes), &count);
  if (outcome == 1) return {IoState::Moved, count};
  const IoState state = state_of_failure(outcome);
  return {state == IoState::WouldBlock ? state : IoState::Broken, 0};
}

IoResult TlsSession::send(std::span<const char> bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    const IoResult result = send_record(bytes.subspan(total));
    if (result.state == IoState::Broken) return result;
    if (result.state == IoState::WouldBlock) return total > 0 ? IoResult{IoState::Moved, total} : result;
    total += result.count;
  }
  return {IoState::Moved, total};
}

// Pieces share records: a head and its small body are one. A record that the kernel did not take must be offered again
// with the same bytes, which is so because its place in the pieces decides what it holds.
IoResult TlsSession::send(std::span<const iovec> pieces) {
  std::array<char, kRecordBytes> record;
  std::size_t total = 0;
  std::size_t piece = 0;
  std::size_t offset = 0;
  while (piece < pieces.size()) {
    std::size_t filled = 0;
    std::size_t at = piece;
    for (std::size_t from = offset; at < pieces.size() && filled < record.size(); from = 0) {
      const std::size_t count = std::min(pieces[at].iov_len - from, record.size() - filled);
      std::memcpy(record.data() + filled, static_cast<const char*>(pieces[at].iov_base) + from, count);
      filled += count;
      if (from + count == pieces[at].iov_len) ++at;
    }
    const IoResult result = send_record(std::span(record.data(), filled));
    if (result.state == IoState::Broken) return result;
    if (result.state == IoState::WouldBlock) return total > 0 ? IoResult{IoState::Moved, total} : result;
    total += result.count;
    for (offset += result.count; piece < pieces.size() && offset >= pieces[piece].iov_len; ++piece)
      offset -= pieces[piece].iov_len;
  }
  return {IoState::Moved, total};
}

IoResult TlsSession::send_file(int file, std::uint64_t offset, std::size_t length) {
  std::array<char, kRecordBytes> record;
  std::size_t total = 0;
  while (total < length) {
    const auto wanted = std::span(record).first(std::min(record.size(), length - total));
    const Result<std::size_t> count = read_at(file, std::as_writable_bytes(wanted), offset + total);
    if (!count.ok()) return {IoState::FileFailed, 0};
    if (*count == 0) return {IoState::Ended, 0};
    const IoResult result = send_record(wanted.first(*count));
    if (result.state == IoState::Broken) return result;
    if (result.state == IoState::WouldBlock) return total > 0 ? IoResult{IoState::Moved, total} : result;
    total += result.count;
  }
  return {IoState::Moved, total};
}

void TlsSession::say_goodbye() {
  if (!established_ || failed_ || said_goodbye_) return;
  said_goodbye_ = true;
  ERR_clear_error();
  // One try: a socket that takes no more bytes would not have taken the other side's interest either.
  static_cast<void>(SSL_shutdown(ssl_));
  ERR_clear_error();
}

}  // namespace sitepod::net
