#include "http/basic_credentials.hpp"

#include <gtest/gtest.h>

namespace sitepod::http {
namespace {

std::string parsed(std::string_view authorization) {
  auto credentials = parse_basic_credentials(authorization);
  return credentials ? credentials->user + "|" + credentials->password : "nothing";
}

TEST(BasicCredentials, UserAndPasswordAreSplitAtTheFirstColon) {
  EXPECT_EQ(parsed("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "Aladdin|open sesame");  // RFC 7617 §2
  EXPECT_EQ(parsed("Basic YTpiOmM="), "a|b:c");
  EXPECT_EQ(parsed("Basic Og=="), "|");
}

TEST(BasicCredentials, SchemeIsComparedWithoutCase) {
  EXPECT_EQ(parsed("bAsIc Og=="), "|");
  EXPECT_EQ(parsed("Basic   Og== "), "|");
}

TEST(BasicCredentials, PaddingMayBeMissing) { EXPECT_EQ(parsed("Basic Og"), "|"); }

TEST(BasicCredentials, AnythingElseIsNothing) {
  for (std::string_view wrong : {"", "Basic", "Basic ", "Bearer Og==", "BasicOg==", "Basic !!!!", "Basic O",
                                 "Basic QUJD", "Basic Og===", "Basic O=g=", "Basi Og=="})
    EXPECT_EQ(parsed(wrong), "nothing") << wrong;
}

TEST(BasicCredentials, BytesPassUnchanged) {
  auto credentials = parse_basic_credentials("Basic OsO8AP8=");
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->password, std::string("\xc3\xbc\0\xff", 4));
}

}  // namespace
}  // namespace sitepod::http
