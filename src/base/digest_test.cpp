#include "base/digest.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace sitepod {
namespace {

TEST(Digest, Sha256OfTheEmptyStringIsTheStandardsValue) {
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, StreamingInPiecesEqualsHashingAtOnce) {
  Sha256 hasher;
  hasher.update("hello ");
  hasher.update("world");
  EXPECT_EQ(hasher.finish(), sha256("hello world"));
}

TEST(Digest, HexOfEitherCaseParsesToTheSameDigest) {
  std::string hex = sha256("x").hex();
  std::string upper = hex;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(parse_digest(hex), parse_digest(upper));
  EXPECT_EQ(parse_digest(hex)->hex(), hex);
}

TEST(Digest, AnythingButSixtyFourHexDigitsIsRefused) {
  EXPECT_FALSE(parse_digest(""));
  EXPECT_FALSE(parse_digest(std::string(63, 'a')));
  EXPECT_FALSE(parse_digest(std::string(65, 'a')));
  EXPECT_FALSE(parse_digest("../" + std::string(61, 'a')));
  EXPECT_FALSE(parse_digest(std::string(63, 'a') + "g"));
}

TEST(Digest, Base64FormOfADigestParsesWithAndWithoutPadding) {
  auto digest = sha256("");
  EXPECT_EQ(parse_digest_base64("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), digest);
  EXPECT_EQ(parse_digest_base64("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"), digest);
  EXPECT_FALSE(parse_digest_base64("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF"));
}

TEST(Time, Rfc3339RoundTripsAndUnderstandsOffsets) {
  Instant instant{1705314600123};
  EXPECT_EQ(to_rfc3339(instant), "2024-01-15T10:30:00.123Z");
  EXPECT_EQ(parse_rfc3339("2024-01-15T10:30:00.123Z"), instant);
  EXPECT_EQ(parse_rfc3339("2024-01-15T12:30:00.123+02:00"), instant);
  EXPECT_FALSE(parse_rfc3339("2024-02-30T10:30:00Z"));
  EXPECT_FALSE(parse_rfc3339("2024-01-15 10:30:00Z"));
}

}  // namespace
}  // namespace sitepod
