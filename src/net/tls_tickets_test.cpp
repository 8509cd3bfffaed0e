#include "net/tls_tickets.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/fd.hpp"
#include "net/tls_fixture.hpp"
#include "net/tls_session.hpp"

namespace sitepod::net {
namespace {

// Handshakes of one client with a server whose ticket keys change between them.
class Tickets : public testing::TestWithParam<int> {
 protected:
  Tickets() : client_(SSL_CTX_new(TLS_client_method())) {
    const PemPair pair = self_signed({"pods.example"});
    certificate_ = TlsCertificate::parse(pair.certificate, pair.key).value();
    SSL_CTX_set_min_proto_version(client_, GetParam());
    SSL_CTX_set_max_proto_version(client_, GetParam());
  }
  ~Tickets() override { SSL_CTX_free(client_); }

  struct Session {
    explicit Session(SSL_SESSION* from) : kept(from) {}
    Session(Session&& other) noexcept : kept(std::exchange(other.kept, nullptr)), was_resumed(other.was_resumed) {}
    ~Session() { SSL_SESSION_free(kept); }
    SSL_SESSION* kept;
    bool was_resumed = false;
  };

  // `before`: what the client has kept; null: nothing.
  Session shake_hands(const std::shared_ptr<const TlsTicketKeys>& keys, const Session* before = nullptr) {
    const TlsCertificates certificates({certificate_}, keys);
    std::array<int, 2> ends{};
    SITEPOD_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd near(ends[0]);
    const UniqueFd far(ends[1]);
    const auto server = TlsSession::begin(acceptor_, near.get());
    SSL* client = SSL_new(client_);
    SSL_set_fd(client, far.get());
    SSL_set_connect_state(client);
    // A copy: a client may use a ticket once, the test as often as it likes.
    SSL_SESSION* offered = before != nullptr ? SSL_SESSION_dup(before->kept) : nullptr;
    if (offered != nullptr) SITEPOD_CHECK(SSL_set_session(client, offered) == 1);
    bool is_done = false;
    for (int i = 0; i < 10 && !(is_done && SSL_is_init_finished(client) == 1); ++i) {
      SSL_do_handshake(client);
      is_done = is_done || server->shake_hands(&certificates) == TlsSession::Handshake::Done;
    }
    SITEPOD_CHECK(is_done && SSL_is_init_finished(client) == 1);
    // With TLS 1.3 tickets come behind the handshake, before the first bytes.
    SITEPOD_CHECK(server->send(std::span<const char>("x", 1)).state == IoState::Moved);
    char byte = 0;
    SITEPOD_CHECK(SSL_read(client, &byte, 1) == 1);
    Session session(SSL_get1_session(client));
    session.was_resumed = SSL_session_reused(client) == 1;
    SSL_SESSION_free(offered);
    SSL_shutdown(client);
    SSL_free(client);
    return session;
  }

  TlsAcceptor acceptor_;
  std::shared_ptr<const TlsCertificate> certificate_;
  SSL_CTX* client_;
};

TEST_P(Tickets, ASessionIsResumedByTheTicketOfTheNewestKeyAndOfTheTwoBefore) {
  const auto keys = TlsTicketKeys::make();
  const Session first = shake_hands(keys);
  EXPECT_FALSE(first.was_resumed);
  ASSERT_EQ(SSL_SESSION_has_ticket(first.kept), 1);
  EXPECT_TRUE(shake_hands(keys, &first).was_resumed);
  EXPECT_TRUE(shake_hands(keys->next(), &first).was_resumed);
  EXPECT_TRUE(shake_hands(keys->next()->next(), &first).was_resumed);
}

TEST_P(Tickets, AKeyThatIsGoneOpensNothingAndTheHandshakeIsAWholeOne) {
  const auto keys = TlsTicketKeys::make();
  const Session first = shake_hands(keys);
  const auto later = keys->next()->next()->next();
  const Session whole = shake_hands(later, &first);
  EXPECT_FALSE(whole.was_resumed);
  EXPECT_TRUE(shake_hands(later, &whole).was_resumed);
  EXPECT_FALSE(shake_hands(TlsTicketKeys::make(), &first).was_resumed);  // another server
}

TEST_P(Tickets, AnOldTicketIsReplacedByOneOfTheNewestKey) {
  const auto keys = TlsTicketKeys::make();
  const Session first = shake_hands(keys);
  const auto next = keys->next();
  const Session second = shake_hands(next, &first);
  ASSERT_TRUE(second.was_resumed);
  const auto without_the_first = next->next()->next();
  EXPECT_FALSE(shake_hands(without_the_first, &first).was_resumed);
  EXPECT_TRUE(shake_hands(without_the_first, &second).was_resumed);
}

INSTANTIATE_TEST_SUITE_P(Versions, Tickets, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& each) { return each.param == TLS1_2_VERSION ? "Tls12" : "Tls13"; });

TEST(TicketKeys, AreFoundByTheirNameUntilTwoOthersHaveFollowed) {
  const auto keys = TlsTicketKeys::make();
  const auto name = keys->newest().name;
  EXPECT_EQ(keys->find(name), &keys->newest());
  const auto second = keys->next();
  EXPECT_NE(second->newest().name, name);
  EXPECT_NE(second->find(name), nullptr);
  EXPECT_NE(second->next()->find(name), nullptr);
  EXPECT_EQ(second->next()->next()->find(name), nullptr);
  EXPECT_EQ(keys->find(std::span(name).first(15)), nullptr);
}

}  // namespace
}  // namespace sitepod::net
