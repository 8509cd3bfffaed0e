#include "http/authority.hpp"

#include <gtest/gtest.h>

namespace sitepod::http {
namespace {

TEST(LoopbackHost, IsTheMachineItself) {
  for (const char* host : {"localhost", "LocalHost", "a.localhost", "127.0.0.1", "127.1.2.3", "[::1]"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
}

TEST(LoopbackHost, IsNoNameThatOnlyLooksLikeIt) {
  for (const char* host :
       {"", "127.example.com", "notlocalhost", "localhost.example.com", "128.0.0.1", "[::2]", "10.127.0.0"})
    EXPECT_FALSE(is_loopback_host(host)) << host;
}

}  // namespace
}  // namespace sitepod::http
