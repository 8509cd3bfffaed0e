#include "base/base64.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"

namespace sitepod {
namespace {

std::string base64_of(std::string_view text) {
  return to_base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// RFC 4648 §10.
TEST(Base64, HasTheFormsOfRfc4648) {
  EXPECT_EQ(base64_of(""), "");
  EXPECT_EQ(base64_of("f"), "Zg==");
  EXPECT_EQ(base64_of("fo"), "Zm8=");
  EXPECT_EQ(base64_of("foo"), "Zm9v");
  EXPECT_EQ(base64_of("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64_of("\xff\xef\xfe"), "/+/+");
}

TEST(Base64, ForUrlsHasNoPaddingAndOtherSigns) {
  EXPECT_EQ(to_base64url(""), "");
  EXPECT_EQ(to_base64url("f"), "Zg");
  EXPECT_EQ(to_base64url("fo"), "Zm8");
  EXPECT_EQ(to_base64url("\xff\xef\xfe"), "_-_-");
}

TEST(Base64, OfADigestIsReadBack) {
  EXPECT_EQ(to_base64(sha256("").bytes), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(parse_digest_base64(to_base64(sha256("abc").bytes)), sha256("abc"));
}

}  // namespace
}  // namespace sitepod
