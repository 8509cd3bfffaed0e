#include "api/account_requests.hpp"

#include <gtest/gtest.h>

#include "api/json_value.hpp"

namespace sitepod::api {
namespace {

template <typename T>
std::string outcome(Result<T> (*decode)(const Fields&), std::string_view body) {
  const JsonValue object = parse_json(body).value();
  auto decoded = decode(Fields(&object, ""));
  return decoded.ok() ? "" : decoded.error().message;
}
PreviewFields preview(std::string_view body) {
  const JsonValue object = parse_json(body).value();
  return decode_preview(Fields(&object, "")).value();
}

TEST(Lifetime, HasAUnitOrIsSeconds) {
  EXPECT_EQ(parse_lifetime("90"), 90);
  EXPECT_EQ(parse_lifetime("90s"), 90);
  EXPECT_EQ(parse_lifetime("45m"), 2700);
  EXPECT_EQ(parse_lifetime("72h"), 259'200);
  EXPECT_EQ(parse_lifetime("7d"), 604'800);
  EXPECT_EQ(parse_lifetime("2w"), 1'209'600);
  EXPECT_EQ(parse_lifetime("0h"), 0);
  EXPECT_EQ(parse_lifetime("-1h"), -3600);
}

TEST(Lifetime, IsNothingElse) {
  for (std::string_view wrong :
       {"", "h", "1.5h", "1 h", "1y", "1H", "h1", "99999999999999999999", "9223372036854775807w", "1hh"})
    EXPECT_FALSE(parse_lifetime(wrong)) << wrong;
}

TEST(PreviewRequest, SaysItsLifetimeOnce) {
  EXPECT_EQ(preview(R"({"project":"p"})").lifetime, 0);
  EXPECT_EQ(preview(R"({"project":"p","expires_in":60})").lifetime, 60);
  EXPECT_EQ(preview(R"({"project":"p","ttl":"1h"})").lifetime, 3600);
  EXPECT_EQ(preview(R"({"project":"p","ttl":"1h","expires_in":3600})").lifetime, 3600);
  EXPECT_EQ(preview(R"({"project":"p","expires_in":-5})").lifetime, -5);
  for (std::string_view wrong :
       {R"({"project":"p","ttl":"1h","expires_in":60})", R"({"project":"p","ttl":"soon"})",
        R"({"project":"p","ttl":7})", R"({"project":"p","expires_in":"60"})", R"({"project":"p","expires_in":1.5})",
        R"({"project":"p","slug":""})", R"({"project":"p","slug":7})", R"({"slug":"x"})"})
    EXPECT_NE(outcome(decode_preview, wrong), "") << wrong;
}

TEST(TokenRequest, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(outcome(decode_token, R"({"name":"ci","scopes":["deploy"],"expires_in":60})"), "");
  EXPECT_EQ(outcome(decode_token, R"({"name":"ci","scopes":null})"), "");
  EXPECT_NE(outcome(decode_token, R"({})").find("name"), std::string::npos);
  EXPECT_NE(outcome(decode_token, R"({"name":"ci","scopes":"deploy"})").find("scopes"), std::string::npos);
  EXPECT_NE(outcome(decode_token, R"({"name":"ci","scopes":[1]})").find("scopes"), std::string::npos);
  EXPECT_NE(outcome(decode_token, R"({"name":"ci","expires_in":0})").find("expires_in"), std::string::npos);
  EXPECT_NE(outcome(decode_token, R"({"name":"ci","environment":"a","env":"b"})").find("env"), std::string::npos);
}

}  // namespace
}  // namespace sitepod::api
