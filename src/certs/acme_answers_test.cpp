#include "certs/acme_answers.hpp"

#include <gtest/gtest.h>

namespace sitepod::certs {
namespace {

TEST(AcmeDirectory, HasAllThatIsAskedOfIt) {
  const auto directory = parse_directory(
      R"({"newNonce":"https://ca.test/n","newAccount":"https://ca.test/a","newOrder":"https://ca.test/o","meta":{}})");
  ASSERT_TRUE(directory.ok());
  EXPECT_EQ(directory->new_order, "https://ca.test/o");
  EXPECT_FALSE(parse_directory(R"({"newNonce":"https://ca.test/n","newAccount":"https://ca.test/a"})").ok());
  EXPECT_FALSE(parse_directory("[]").ok());
  EXPECT_FALSE(parse_directory("<html>").ok());
}

TEST(AcmeDirectory, AddressesThatLeadElsewhereThanToHttpsAreRefused) {
  for (const std::string url : {"http://ca.test/o", "file:///etc/passwd", "https://ca.test/ o", "", "javascript:0"}) {
    const std::string json =
        R"({"newNonce":"https://ca.test/n","newAccount":"https://ca.test/a","newOrder":")" + url + "\"}";
    EXPECT_FALSE(parse_directory(json).ok()) << url;
  }
}

std::string order_with(std::string_view status, std::string_view more = "") {
  return R"({"status":")" + std::string(status) +
         R"(","authorizations":["https://ca.test/z/1"],"finalize":"https://ca.test/f")" + std::string(more) + "}";
}

TEST(AcmeOrder, IsReadAtEveryStage) {
  EXPECT_EQ(parse_order(order_with("pending"))->status, AcmeStatus::Pending);
  EXPECT_EQ(parse_order(order_with("processing"))->authorizations, std::vector<std::string>{"https://ca.test/z/1"});
  EXPECT_EQ(parse_order(order_with("valid", R"(,"certificate":"https://ca.test/c")"))->certificate,
            "https://ca.test/c");
  EXPECT_FALSE(parse_order(order_with("valid")).ok());
  EXPECT_FALSE(parse_order(order_with("strange")).ok());
  const auto refused =
      parse_order(order_with("invalid", R"(,"error":{"type":"urn:ietf:params:acme:error:dns","detail":"no\nhost"})"));
  EXPECT_EQ(refused->status, AcmeStatus::Invalid);
  EXPECT_EQ(refused->reason, "dns: no?host");
}

TEST(AcmeAuthorization, TheProofThatIsLookedForIsFoundAmongOthers) {
  const std::string json =
      R"({"status":"pending","identifier":{"type":"dns","value":"pods.example"},"wildcard":true,"challenges":[)"
      R"({"type":"dns-01","url":"https://ca.test/1","token":"0123456789abcdefghijkl"},)"
      R"({"type":"http-01","url":"https://ca.test/2","token":"abcdefghijklmnopqrstuv"}]})";
  const auto by_http = parse_authorization(json, "http-01");
  ASSERT_TRUE(by_http.ok());
  EXPECT_EQ(by_http->challenge_url, "https://ca.test/2");
  EXPECT_EQ(by_http->token, "abcdefghijklmnopqrstuv");
  EXPECT_EQ(by_http->host, "pods.example");
  const auto by_dns = parse_authorization(json, "dns-01");
  ASSERT_TRUE(by_dns.ok());
  EXPECT_EQ(by_dns->challenge_url, "https://ca.test/1");
  EXPECT_EQ(by_dns->token, "0123456789abcdefghijkl");
  EXPECT_EQ(parse_authorization(R"({"status":"valid","challenges":[]})", "http-01")->challenge_url, "");
}

TEST(AcmeAuthorization, ATokenThatCouldBeAnotherPathIsRefused) {
  for (const std::string token : {"short", "../../../../../../../../etc/passwd", "abcdefghijklmnopqrstu/", ""}) {
    const std::string json =
        R"({"status":"pending","challenges":[{"type":"http-01","url":"https://ca.test/2","token":")" + token + "\"}]}";
    EXPECT_FALSE(parse_authorization(json, "http-01").ok()) << token;
  }
  EXPECT_FALSE(is_token(std::string(201, 'a')));
  EXPECT_TRUE(is_token(std::string(22, '-')));
}

TEST(AcmeProblem, ItsNameIsTheLastPartOfItsType) {
  const AcmeProblem problem =
      parse_problem(R"({"type":"urn:ietf:params:acme:error:badNonce","detail":"again","status":400})");
  EXPECT_EQ(problem.type, "badNonce");
  EXPECT_EQ(problem.detail, "again");
  EXPECT_EQ(parse_problem("502 Bad Gateway").type, "");
  EXPECT_EQ(parse_problem(R"({"type":"about:blank"})").type, "");
}

}  // namespace
}  // namespace sitepod::certs
