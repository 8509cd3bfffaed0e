#include "certs/names.hpp"

#include <gtest/gtest.h>

namespace sitepod::certs {
namespace {

TEST(Orderable, IsANameOfDnsAndNoPath) {
  for (const std::string_view host : {"pods.example", "a-b.pods.example", "xn--bcher-kva.example", "1.pods.example"})
    EXPECT_TRUE(is_orderable(host)) << host;
  for (const std::string_view host :
       {"", "localhost", "a.localhost", "127.0.0.1", "[::1]", "a..b", ".a.b", "a.b.", "../x.y", "a/b.c", "A.example",
        "a_b.example", "-a.example", "a.example-", "printer.local"})
    EXPECT_FALSE(is_orderable(host)) << host;
  EXPECT_FALSE(is_orderable("*.pods.example"));
  EXPECT_FALSE(is_orderable(std::string(64, 'a') + ".example"));
  std::string long_host = "example";
  while (long_host.size() <= 240) long_host.insert(0, "abcdefghi.");
  EXPECT_FALSE(is_orderable(long_host));
}

TEST(Orderable, AWildcardIsOneStarBeforeAHost) {
  EXPECT_TRUE(is_orderable_wildcard("*.pods.example"));
  for (const std::string_view name :
       {"pods.example", "*.localhost", "*.*.example", "*", "*.", "**.pods.example", "a.*.example"})
    EXPECT_FALSE(is_orderable_wildcard(name)) << name;
}

TEST(Wildcard, StandsForOneLabelMore) {
  EXPECT_TRUE(stands_for("*.pods.example", "a.pods.example"));
  for (const std::string_view host :
       {"pods.example", "a.b.pods.example", "apods.example", ".pods.example", "a.example", ""})
    EXPECT_FALSE(stands_for("*.pods.example", host)) << host;
  EXPECT_FALSE(stands_for("pods.example", "a.pods.example"));
}

}  // namespace
}  // namespace sitepod::certs
