#include "blob/s3_signature.hpp"

#include <gtest/gtest.h>

namespace sitepod::blob {
namespace {

const S3Credentials kCredentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
constexpr Instant kTime{1'369'353'600'000};  // 2013-05-24T00:00:00Z

std::string signature_of(S3Request request) {
  request.host = "examplebucket.s3.amazonaws.com";
  const S3Pairs fields = sign(request, kCredentials, "us-east-1", kTime);
  const std::string& authorization = fields.back().second;
  return authorization.substr(authorization.rfind('=') + 1);
}

// The examples of "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk" in the
// Amazon S3 API reference.
TEST(S3Signature, IsThatOfThePublishedExamples) {
  const std::string nothing = sha256("").hex();
  EXPECT_EQ(signature_of({"GET", "", "/test.txt", {}, {{"range", "bytes=0-9"}}, nothing}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(signature_of({"PUT",
                          "",
                          "/test%24file.text",
                          {},
                          {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                          sha256("Welcome to Amazon S3.").hex()}),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(signature_of({"GET", "", "/", {{"lifecycle", ""}}, {}, nothing}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(signature_of({"GET", "", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, nothing}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(S3Signature, SecretKeyIsNotAmongTheFields) {
  for (const auto& [name, value] : sign({"GET", "h", "/", {}, {}, ""}, kCredentials, "us-east-1", kTime))
    EXPECT_EQ(value.find(kCredentials.secret_key), std::string::npos) << name;
}

}  // namespace
}  // namespace sitepod::blob
