#include "net/tls_session.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>

#include "base/fd.hpp"
#include "net/tls_fixture.hpp"

namespace sitepod::net {
namespace {

// A client whose records come when the test wants them to, and the server's session at the other end of its socket.
class TlsSessionTest : public testing::Test {
 protected:
  TlsSessionTest() {
    std::array<int, 2> ends{};
    SITEPOD_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    near_ = UniqueFd(ends[0]);
    far_ = UniqueFd(ends[1]);
    const PemPair pair = self_signed({"pods.example"});
    certificates_.emplace(TlsCertificates::List{TlsCertificate::parse(pair.certificate, pair.key).value()});
    session_ = TlsSession::begin(acceptor_, near_.get());
    context_ = SSL_CTX_new(TLS_client_method());
    client_ = SSL_new(context_);
    SSL_set_bio(client_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client_);
    for (int i = 0; i < 10 && !is_done_; ++i) shake_hands();
    SITEPOD_CHECK(is_done_ && SSL_is_init_finished(client_) == 1);
  }
  ~TlsSessionTest() override {
    SSL_free(client_);
    SSL_CTX_free(context_);
  }

  void shake_hands() {
    SSL_do_handshake(client_);
    deliver();
    is_done_ = session_->shake_hands(&*certificates_) == TlsSession::Handshake::Done;
    std::array<char, 16384> bytes;
    const ssize_t count = ::recv(far_.get(), bytes.data(), bytes.size(), 0);
    if (count > 0) BIO_write(SSL_get_rbio(client_), bytes.data(), static_cast<int>(count));
  }

  // What the client has written so far reaches the socket, in one piece.
  void deliver() {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(client_), &bytes);
    SITEPOD_CHECK(size == 0 || ::send(far_.get(), bytes, static_cast<std::size_t>(size), 0) == size);
    static_cast<void>(BIO_reset(SSL_get_wbio(client_)));
  }

  void write(std::string_view text) {
    SITEPOD_CHECK(SSL_write(client_, text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size()));
  }

  UniqueFd near_, far_;
  TlsAcceptor acceptor_;
  std::optional<TlsCertificates> certificates_;
  std::unique_ptr<TlsSession> session_;
  SSL_CTX* context_ = nullptr;
  SSL* client_ = nullptr;
  bool is_done_ = false;
  std::array<char, 65536> room_;
};

// The edge of the second record is told while the first still fills the reader's room.
TEST_F(TlsSessionTest, WhatCameWhileTheReaderHadNoRoomIsReadToo) {
  write(std::string(1000, 'a'));
  deliver();
  EXPECT_EQ(session_->receive(std::span(room_).first(600)).count, 600u);
  write(std::string(500, 'b'));
  deliver();
  const IoResult result = session_->receive(room_);
  EXPECT_EQ(result.state, IoState::Moved);
  EXPECT_EQ(result.count, 900u);
  EXPECT_FALSE(session_->wants_another_call());
  EXPECT_EQ(session_->receive(room_).state, IoState::WouldBlock);
}

TEST_F(TlsSessionTest, RecordsWithoutBytesKeepNobodyElseWaiting) {
  for (int i = 0; i < 7000; ++i) {
    SITEPOD_CHECK(SSL_key_update(client_, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
    SITEPOD_CHECK(SSL_do_handshake(client_) == 1);
  }
  write("at last");
  for (int size = 64 << 10; ::setsockopt(far_.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0 && size < 1 << 20;)
    size *= 2;
  deliver();
  IoResult result = session_->receive(room_);
  int calls = 1;
  for (; result.count == 0 && calls < 100; ++calls) {
    ASSERT_EQ(result.state, IoState::Moved);
    ASSERT_TRUE(session_->wants_another_call());
    result = session_->receive(room_);
  }
  EXPECT_EQ(std::string_view(room_.data(), result.count), "at last");
  EXPECT_GT(calls, 1);
}

}  // namespace
}  // namespace sitepod::net
