#include "http/accept_encoding.hpp"

#include <gtest/gtest.h>

namespace sitepod::http {
namespace {

constexpr CodingSet kIdentityOnly = coding_bit(Coding::Identity);
constexpr CodingSet kAll =
    kIdentityOnly | coding_bit(Coding::Brotli) | coding_bit(Coding::Zstd) | coding_bit(Coding::Gzip);
constexpr CodingSet kBrotliAndGzip = kIdentityOnly | coding_bit(Coding::Brotli) | coding_bit(Coding::Gzip);

void expect_weights(std::string_view field, unsigned brotli, unsigned zstd, unsigned gzip, unsigned identity) {
  const AcceptEncoding accepted(field);
  EXPECT_EQ(accepted.weight(Coding::Brotli), brotli) << field;
  EXPECT_EQ(accepted.weight(Coding::Zstd), zstd) << field;
  EXPECT_EQ(accepted.weight(Coding::Gzip), gzip) << field;
  EXPECT_EQ(accepted.weight(Coding::Identity), identity) << field;
}

TEST(AcceptEncoding, ReadsWhatBrowsersSend) {
  expect_weights("gzip, deflate, br, zstd", 1000, 1000, 1000, 1);
  expect_weights("gzip, deflate, br", 1000, 0, 1000, 1);
  expect_weights("gzip", 0, 0, 1000, 1);
  expect_weights("identity", 0, 0, 0, 1000);
  expect_weights("identity;q=1, *;q=0", 0, 0, 0, 1000);
  EXPECT_EQ(AcceptEncoding("gzip, deflate, br, zstd"), AcceptEncoding("zstd,br,deflate,gzip"))
      << "the short way is the long way";
}

TEST(AcceptEncoding, AbsentAndEmptyMeanIdentity) {
  EXPECT_EQ(AcceptEncoding().best_of(kAll), Coding::Identity);
  EXPECT_EQ(AcceptEncoding(), AcceptEncoding(""));
  expect_weights("", 0, 0, 0, 1);
  expect_weights(" , ,, ", 0, 0, 0, 1);
}

TEST(AcceptEncoding, ReadsTheExamplesOfTheRfc) {
  expect_weights("compress, gzip", 0, 0, 1000, 1);
  expect_weights("*", 1000, 1000, 1000, 1000);
  expect_weights("compress;q=0.5, gzip;q=1.0", 0, 0, 1000, 1);
  expect_weights("gzip;q=1.0, identity; q=0.5, *;q=0", 0, 0, 1000, 500);
}

TEST(AcceptEncoding, NamesHaveNoCaseAndXGzipIsGzip) {
  expect_weights("GZIP;Q=0.5,Br ;q=0.25, ZsTd ; q=0.125", 250, 125, 500, 1);
  expect_weights("x-gzip", 0, 0, 1000, 1);
  expect_weights("X-GZip;q=0.001", 0, 0, 1, 1);
}

TEST(AcceptEncoding, AWeightOfZeroRefuses) {
  expect_weights("br;q=0, gzip", 0, 0, 1000, 1);
  expect_weights("br;q=0.000, gzip;q=0.", 0, 0, 0, 1);
  expect_weights("*;q=0", 0, 0, 0, 0);
  expect_weights("identity;q=0", 0, 0, 0, 0);
  expect_weights("gzip, *;q=0", 0, 0, 1000, 0);
  expect_weights("identity;q=0, *", 1000, 1000, 1000, 0);
  expect_weights("*, gzip;q=0", 1000, 1000, 0, 1000);
  EXPECT_EQ(AcceptEncoding("identity;q=0").best_of(kAll), std::nullopt);
  EXPECT_EQ(AcceptEncoding("gzip, identity;q=0").best_of(kIdentityOnly), std::nullopt);
}

TEST(AcceptEncoding, AMalformedElementCountsAsNotSent) {
  for (const std::string_view element :
       {"gzip;",     "gzip;q",    "gzip;q=",   "gzip;q=x",  "gzip;q=2",      "gzip;q=1.001", "gzip;q=0.0001",
        "gzip;q=-1", "gzip;q=.5", "gzip;q =1", "gzip;q= 1", "gzip;x=1",      "gzip;q=1;q=1", "gzip q=1",
        "g zip",     "gzi",       "gzipp",     "gzip=1",    "identity;q=00", "*;q=a",        "**"})
    expect_weights(element, 0, 0, 0, 1);
}

TEST(AcceptEncoding, ACodingNamedTwiceGetsItsLowerWeight) {
  expect_weights("gzip;q=0, gzip", 0, 0, 0, 1);
  expect_weights("gzip, x-gzip;q=0.5", 0, 0, 500, 1);
  expect_weights("*;q=0.5, *;q=0.25", 250, 250, 250, 250);
}

TEST(AcceptEncoding, SeveralLinesAreOneList) {
  AcceptEncoding accepted("gzip;q=0.5");
  accepted.add("br");
  EXPECT_EQ(accepted, AcceptEncoding("gzip;q=0.5, br"));
}

TEST(AcceptEncoding, PrefersTheSmallestCodingAmongEquals) {
  EXPECT_EQ(AcceptEncoding("gzip, deflate, br, zstd").best_of(kAll), Coding::Brotli);
  EXPECT_EQ(AcceptEncoding("gzip, zstd").best_of(kAll), Coding::Zstd);
  EXPECT_EQ(AcceptEncoding("gzip, zstd").best_of(kBrotliAndGzip), Coding::Gzip);
  EXPECT_EQ(AcceptEncoding("*").best_of(kBrotliAndGzip), Coding::Brotli);
  EXPECT_EQ(AcceptEncoding("gzip;q=0.001").best_of(kAll), Coding::Gzip) << "named beats not named";
  EXPECT_EQ(AcceptEncoding("gzip, br").best_of(kIdentityOnly), Coding::Identity);
  EXPECT_EQ(AcceptEncoding("gzip").best_of(0), std::nullopt);
}

TEST(AcceptEncoding, FollowsTheWeightsWhereTheyDiffer) {
  EXPECT_EQ(AcceptEncoding("gzip;q=0.9, br;q=0.8").best_of(kAll), Coding::Gzip);
  EXPECT_EQ(AcceptEncoding("identity, br;q=0.5").best_of(kAll), Coding::Identity);
  EXPECT_EQ(AcceptEncoding("br;q=0.5, *;q=0.6").best_of(kAll), Coding::Zstd);
}

TEST(AcceptEncoding, NamesItsCodings) {
  EXPECT_EQ(coding_name(Coding::Brotli), "br");
  EXPECT_EQ(coding_name(Coding::Zstd), "zstd");
  EXPECT_EQ(coding_name(Coding::Gzip), "gzip");
  EXPECT_EQ(coding_name(Coding::Identity), "identity");
}

}  // namespace
}  // namespace sitepod::http
