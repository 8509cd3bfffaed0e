#include "serve/variant_choice.hpp"

#include "serve/site_fixture.hpp"

namespace sitepod::serve {
namespace {

std::string chosen(std::string encodings, TestRequest::Fields fields) {
  const TestSite site({{"a.css", "text/css", 4000, false, std::move(encodings)}});
  TestRequest request("/a.css", std::move(fields));
  switch (choose_encoding(*site.view.index->find("a.css"), request.head)) {
    case Encoding::Identity:
      return "identity";
    case Encoding::Gzip:
      return "gzip";
    case Encoding::Zstd:
      return "zstd";
    case Encoding::Brotli:
      return "br";
  }
  return "";
}

TEST(VariantChoice, FollowsTheClientsWeights) {
  const std::string all = "gzip zstd br";
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {all, "gzip, deflate, br, zstd", "br"},
      {all, "gzip", "gzip"},
      {all, "GZIP", "gzip"},
      {all, "zstd", "zstd"},
      {all, "br;q=0.5, gzip;q=0.8", "gzip"},
      {all, "br;q=0, gzip;q=0.1", "gzip"},
      {all, "br;q=0, gzip;q=0, zstd;q=0", "identity"},
      {all, "*", "br"},
      {all, "*;q=0", "identity"},
      {all, "br;q=0, *", "zstd"},
      {all, "gzip;q=0.5, *;q=0.1", "gzip"},
      {all, "identity", "identity"},
      {all, "gzip;q=0.5, identity", "identity"},
      {all, "identity;q=0.5, gzip;q=0.4", "identity"},
      {all, "identity;q=0.4, gzip;q=0.5", "gzip"},
      {all, "deflate", "identity"},
      {all, "", "identity"},
      {all, "identity;q=0", "identity"},
      {"gzip", "br, gzip", "gzip"},
      {"gzip", "br", "identity"},
      {"br", "gzip, br;q=0.1", "br"},
      {"", "gzip, br", "identity"},
      {"", "identity;q=0, gzip", "identity"},
  };
  for (const auto& [stored, accepted, expected] : cases)
    EXPECT_EQ(chosen(stored, {{"Accept-Encoding", accepted}}), expected) << stored << " / " << accepted;
  EXPECT_EQ(chosen(all, {}), "identity");
}

TEST(VariantChoice, DoesNotConfuseAFieldWithTheOneBefore) {
  for (std::size_t padding : {0u, 50u, 58u, 59u, 60u, 61u, 200u}) {
    const std::string spaces(padding, ' ');
    EXPECT_EQ(chosen("gzip br", {{"Accept-Encoding", "gzip" + spaces + ","}}), "gzip");
    EXPECT_EQ(chosen("gzip br", {{"Accept-Encoding", "br,," + spaces + ","}}), "br");
    EXPECT_EQ(chosen("gzip br", {{"Accept-Encoding", "none" + spaces + ","}}), "identity");
    EXPECT_EQ(chosen("gzip br", {{"Accept-Encoding", "gzip" + spaces + ","}}), "gzip");
  }
}

TEST(VariantChoice, ReadsTheFieldInSeveralLines) {
  EXPECT_EQ(chosen("gzip br", {{"Accept-Encoding", "gzip"}, {"Accept-Encoding", "br"}}), "br");
  EXPECT_EQ(chosen("gzip br", {{"Accept-Encoding", "gzip"}, {"accept-encoding", "br;q=0"}}), "gzip");
}

}  // namespace
}  // namespace sitepod::serve
