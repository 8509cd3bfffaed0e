#include "certs/cloudflare_answers.hpp"

#include <gtest/gtest.h>

namespace sitepod::certs {
namespace {

std::string succeeded(const std::string& result) {
  return R"({"success":true,"errors":[],"messages":[],"result":)" + result +
         R"(,"result_info":{"page":1,"per_page":50,"count":1,"total_count":1,"total_pages":1}})";
}

TEST(CloudflareZones, AreReadWithTheirNameServers) {
  const auto zones = parse_zones(
      succeeded(R"([{"id":"023e105f4ecef8ad9ca31a8372d0c353","name":"pods.example","status":"active","paused":false,)"
                R"("name_servers":["tom.ns.test.example","../x",7,"una.ns.test.example"]},)"
                R"({"id":"aa","name":"other.example","status":"pending","name_servers":null}])"));
  ASSERT_TRUE(zones.ok()) << zones.error().message;
  ASSERT_EQ(zones->size(), 2u);
  EXPECT_EQ((*zones)[0].id, "023e105f4ecef8ad9ca31a8372d0c353");
  EXPECT_EQ((*zones)[0].name, "pods.example");
  EXPECT_TRUE((*zones)[0].is_active);
  EXPECT_EQ((*zones)[0].name_servers, (std::vector<std::string>{"tom.ns.test.example", "una.ns.test.example"}));
  EXPECT_FALSE((*zones)[1].is_active);
  EXPECT_TRUE((*zones)[1].name_servers.empty());
  EXPECT_TRUE(parse_zones(succeeded("[]"))->empty());
}

TEST(CloudflareZones, WhatIsNoSuccessOrCouldBeAnotherPathIsRefused) {
  for (const std::string& json :
       {std::string(), std::string("[]"), std::string("502 Bad Gateway"), succeeded("{}"), succeeded("null"),
        std::string(R"({"success":false,"errors":[],"result":[]})"), std::string(R"({"success":"true","result":[]})"),
        std::string(R"({"result":[]})"), succeeded(R"([{"id":"../../user","name":"pods.example"}])"),
        succeeded(R"([{"id":"","name":"pods.example"}])"), succeeded(R"([{"name":"pods.example"}])"),
        succeeded(R"([{"id":"a","name":"pods.example/x"}])"), succeeded("[7]")})
    EXPECT_FALSE(parse_zones(json).ok()) << json;
}

TEST(CloudflareRecords, TheirTextsAreTheSameWithAndWithoutQuotationMarks) {
  const auto records = parse_records(
      succeeded(R"([{"id":"a1","type":"TXT","name":"_acme-challenge.pods.example","content":"\"abc\"","comment":null},)"
                R"({"id":"b2","content":"abc","comment":"mine","created_on":"2014-01-01T05:20:00.12345Z"}])"));
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].content, "abc");
  EXPECT_EQ((*records)[0].comment, "");
  EXPECT_FALSE((*records)[0].created.has_value());
  EXPECT_EQ((*records)[1].content, "abc");
  EXPECT_EQ((*records)[1].comment, "mine");
  EXPECT_EQ((*records)[1].created->unix_seconds(), 1'388'553'600);
}

TEST(CloudflareRecords, ANewOneHasAnId) {
  EXPECT_EQ(parse_record_id(succeeded(R"({"id":"372e67954025e0ba6aaa6d586b9e0b59","type":"TXT"})")).value(),
            "372e67954025e0ba6aaa6d586b9e0b59");
  EXPECT_FALSE(parse_record_id(succeeded(R"({"id":"a/b"})")).ok());
  EXPECT_FALSE(parse_record_id(succeeded(R"([])")).ok());
}

TEST(CloudflareRefusal, NamesEveryReasonInOneLine) {
  const DnsRefusal refusal =
      parse_refusal(R"({"success":false,"errors":[{"code":6003,"message":"Invalid request\nheaders","error_chain":)"
                    R"([{"code":6111,"message":"Invalid format"}]}],"messages":[],"result":null})");
  EXPECT_EQ(refusal.codes, (std::vector<std::int64_t>{6003, 6111}));
  EXPECT_EQ(refusal.text, "6003 Invalid request?headers; 6111 Invalid format");
  for (const char* none : {"", "<html>", "[]", R"({"errors":{}})", R"({"errors":["x",{"code":"7"}]})"})
    EXPECT_EQ(parse_refusal(none).text, "") << none;
  const DnsRefusal long_one = parse_refusal(R"({"errors":[{"code":1,"message":")" + std::string(5000, 'x') + "\"}]}");
  EXPECT_LE(long_one.text.size(), 300u);
}

}  // namespace
}  // namespace sitepod::certs
