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

// "Authenticating Requests: Using Query Parameters", ibidem.
TEST(S3Signature, PresignedAddressIsThatOfThePublishedExample) {
  const S3Presigner presigner(kCredentials, "us-east-1", kTime, std::chrono::seconds(86400));
  EXPECT_EQ(presigner.query_of({"GET", "examplebucket.s3.amazonaws.com", "/test.txt", {}, {}, {}}),
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_"
            "request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(S3Signature, SecretKeyIsNotAmongTheFields) {
  for (const auto& [name, value] : sign({"GET", "h", "/", {}, {}, ""}, kCredentials, "us-east-1", kTime))
    EXPECT_EQ(value.find(kCredentials.secret_key), std::string::npos) << name;
}

}  // namespace
}  // namespace sitepod::blob
