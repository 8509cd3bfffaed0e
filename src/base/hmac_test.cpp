#include "base/hmac.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace sitepod {
namespace {

// RFC 4231 §4.2, its key filled up with zeros, which RFC 2104 §2 does too.
TEST(Hmac, IsThatOfTheStandard) {
  Digest key;
  std::fill_n(key.bytes.begin(), 20, std::uint8_t{0x0b});
  EXPECT_EQ(hmac_sha256(key, "Hi There").hex(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256(std::string_view(std::string(20, '\x0b')), "Hi There"), hmac_sha256(key, "Hi There"));
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?").hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_NE(hmac_sha256(key, "Hi there"), hmac_sha256(key, "Hi There"));
}

}  // namespace
}  // namespace sitepod
