#include "net/listener.hpp"

#include <gtest/gtest.h>

namespace sitepod::net {
namespace {

TEST(Listener, AnAddressInUseIsAnErrorThatNamesIt) {
  const auto first = listen_on("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  const std::uint16_t port = local_port(first->get());
  auto check = check_address_is_free("127.0.0.1", port);
  ASSERT_FALSE(check.ok());
  EXPECT_NE(check.error().message.find("127.0.0.1 port " + std::to_string(port)), std::string::npos);
}

TEST(Listener, SeveralListenersShareOnePort) {
  const auto first = listen_on("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(listen_on("127.0.0.1", local_port(first->get())).ok());
}

TEST(Listener, AnAddressThatIsNoNumberIsRefused) { EXPECT_FALSE(listen_on("localhost", 0).ok()); }

}  // namespace
}  // namespace sitepod::net
