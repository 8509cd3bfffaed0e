#include "http/content_digest.hpp"

#include <gtest/gtest.h>

namespace sitepod::http {
namespace {

// Of "hello", after RFC 9530's own way of writing.
constexpr std::string_view kHello = ":LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";

TEST(ContentDigest, IsTheSha256AmongOthers) {
  for (const std::string before : {"", "sha-512=:YWJj:, ", "md5=:YWJj:,\tunixsum=1, ", "  ", ",,"})
    for (const std::string name : {"sha-256=", "SHA-256=", "sha-256 = "})
      for (const std::string_view after : {"", " ", ";a=1", ", sha-512=:YWJj:", ","}) {
        const std::string field = before + name + std::string(kHello) + std::string(after);
        const auto digest = parse_content_digest(field);
        ASSERT_TRUE(digest.ok() && *digest) << field;
        EXPECT_EQ(**digest, sha256(std::string_view("hello"))) << field;
      }
}

TEST(ContentDigest, SaysNothingWithoutASha256) {
  for (const std::string_view field : {"", " ", "sha-512=:YWJj:", "junk", "=", ",", "sha-2567=:YWJj:"}) {
    const auto digest = parse_content_digest(field);
    ASSERT_TRUE(digest.ok()) << field;
    EXPECT_FALSE(*digest) << field;
  }
}

TEST(ContentDigest, ASha256ThatIsNoneIsRefused) {
  for (const std::string_view field :
       {"sha-256", "sha-256=", "sha-256=::", "sha-256=:YWJj:", "sha-256=abc",
        "sha-256=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", "sha-512=:YWJj:, sha-256=:"})
    EXPECT_EQ(parse_content_digest(field).ok() ? "taken" : "refused", std::string("refused")) << field;
}

}  // namespace
}  // namespace sitepod::http
