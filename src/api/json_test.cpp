#include <gtest/gtest.h>

#include "api/fields.hpp"
#include "api/json_value.hpp"
#include "api/json_writer.hpp"
#include "api/page_requests.hpp"
#include "api/plan_request.hpp"
#include "api/problem.hpp"
#include "api/requests.hpp"

namespace sitepod::api {
namespace {

template <typename T>
std::string code_of(const Result<T>& result) {
  return result.ok() ? "" : std::string(result.error().code);
}

TEST(Json, ASmallObjectComesBackAsItStands) {
  const Result<JsonValue> value = parse_json(R"({"a":"x\u00e9","b":-3,"c":[true,null,1.5],"d":{"e":{}}})");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->find("a")->text, "xé");
  EXPECT_EQ(value->find("b")->integer, -3);
  ASSERT_EQ(value->find("c")->items.size(), 3u);
  EXPECT_TRUE(value->find("c")->items[0].boolean);
  EXPECT_EQ(value->find("d")->find("e")->kind, JsonValue::Kind::Object);
  EXPECT_EQ(value->find("z"), nullptr);
}

TEST(Json, WhatLibrariesLetPassIsRefused) {
  EXPECT_EQ(code_of(parse_json(R"({"a":1,"a":2})")), "invalid_json");
  EXPECT_EQ(code_of(parse_json(R"({"x":{"a":1,"a":2}})")), "invalid_json");
  EXPECT_EQ(code_of(parse_json(R"({"a":1} x)")), "invalid_json");
  EXPECT_EQ(code_of(parse_json(R"({"a":"\ud800"})")), "invalid_json");
  EXPECT_EQ(code_of(parse_json("{\"a\":\"\xff\"}")), "invalid_json");
  EXPECT_EQ(code_of(parse_json("")), "invalid_json");
  EXPECT_EQ(code_of(parse_json("{")), "invalid_json");
  EXPECT_EQ(code_of(parse_json(std::string(40, '[') + std::string(40, ']'))), "invalid_json");
}

TEST(Json, NumbersBeyondAnyFieldAreNoneOfItsBusinessUntilAFieldAsksForThem) {
  for (const char* number : {"18446744073709551615", "9223372036854775808", "-9223372036854775809", "1e400", "0.5"}) {
    const Result<JsonValue> value = parse_json("{\"a\":" + std::string(number) + "}");
    ASSERT_TRUE(value.ok()) << number;
    EXPECT_EQ(value->find("a")->kind, JsonValue::Kind::Fraction) << number;
    EXPECT_EQ(code_of(Fields(&*value, "").integer("a", INT64_MIN, INT64_MAX)), "invalid_request") << number;
  }
}

TEST(Json, AByteOrderMarkBeforeATextIsIgnored) {
  const std::string mark = "\xef\xbb\xbf";
  EXPECT_TRUE(parse_json(mark + "{}").ok());
  EXPECT_EQ(code_of(parse_json(mark + mark + "{}")), "invalid_json");
  EXPECT_EQ(code_of(parse_json("{}" + mark)), "invalid_json");
  EXPECT_EQ(code_of(parse_json("\xef\xbb{}")), "invalid_json");
  for (std::size_t cut = 0; cut <= mark.size(); ++cut) {
    PagesRequestParser pages;
    PlanRequestParser plan([](const PlanFile&) { return Result<void>(); });
    const std::string body =
        mark + R"({"pages":[{"title":"t"}],"project":"p","files":{"a":")" + std::string(64, 'a') + "\"}}";
    for (const std::string& piece : {body.substr(0, cut), body.substr(cut)}) {
      EXPECT_TRUE(pages.feed(piece).ok()) << cut;
      EXPECT_TRUE(plan.feed(piece).ok()) << cut;
    }
    EXPECT_EQ(pages.finish()->pages.size(), 1u);
    EXPECT_EQ(plan.finish()->project, "p");
  }
}

TEST(Fields, AParameterThatStandsTwiceMustNotDiffer) {
  EXPECT_EQ(*Fields(nullptr, "a=1&b=2&a=1").text("a").value(), "1");
  for (const char* query : {"a=1&a=2", "a=1&%61=2", "a&a=1"}) {
    EXPECT_EQ(code_of(Fields(nullptr, query).text("a")), "invalid_request") << query;
    EXPECT_EQ(code_of(Fields(nullptr, query).integer("a", 0, 9)), "invalid_request") << query;
    EXPECT_EQ(code_of(Fields(nullptr, query).boolean("a")), "invalid_request") << query;
  }
}

TEST(Json, ManyValuesAreRefusedBeforeTheyFillTheMemory) {
  std::string many = "[[]";
  for (std::size_t i = 0; i < kMaxJsonValues; ++i) many += ",[]";
  EXPECT_EQ(code_of(parse_json(many + "]")), "invalid_json");
}

TEST(Json, TheWriterEscapesAndMendsText) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("a", "q\"\\\n\x01").member("b", std::string("x\xff\xc3\xa9")).key("c").begin_array();
  json.value(1).value(false).null().end_array().member("d", "").end_object();
  EXPECT_EQ(out, "{\"a\":\"q\\\"\\\\\\n\\u0001\",\"b\":\"x\xEF\xBF\xBD\xc3\xa9\",\"c\":[1,false,null],\"d\":\"\"}");
  EXPECT_TRUE(parse_json(out).ok());
}

TEST(Problem, BothMembersAreNeverEmptyAndTheContextStaysInside) {
  const std::string body = encode_problem(internal("/var/lib/secret: EIO"));
  EXPECT_EQ(body.find("secret"), std::string::npos);
  const Result<JsonValue> value = parse_json(body);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->find("error")->text, "internal");
  EXPECT_FALSE(value->find("message")->text.empty());
  EXPECT_NE(encode_problem(conflict("x").detail("current_image_id", "img_1")).find("\"current_image_id\":\"img_1\""),
            std::string::npos);
}

class FieldsOf {
 public:
  FieldsOf(std::string_view body, std::string query = "") : body_(parse_json(body).value()), query_(std::move(query)) {}
  operator Fields() const { return {&body_, query_}; }  // NOLINT: implicit on purpose

 private:
  JsonValue body_;
  std::string query_;
};

TEST(Requests, EnvironmentHasTwoNamesThatMustNotDiffer) {
  EXPECT_EQ(*decode_environment(FieldsOf("{}")), "prod");
  EXPECT_EQ(*decode_environment(FieldsOf(R"({"env":"beta"})")), "beta");
  EXPECT_EQ(*decode_environment(FieldsOf(R"({"environment":"beta"})")), "beta");
  EXPECT_EQ(*decode_environment(FieldsOf(R"({"environment":"beta","env":"beta"})")), "beta");
  EXPECT_FALSE(decode_environment(FieldsOf(R"({"environment":"beta","env":"prod"})")).ok());
  EXPECT_FALSE(decode_environment(FieldsOf(R"({"env":"Not Valid"})")).ok());
  EXPECT_EQ(*decode_environment(FieldsOf("{}", "env=beta")), "beta");
  EXPECT_EQ(*decode_environment(FieldsOf(R"({"env":null})")), "prod");
  for (const FieldsOf& empty : {FieldsOf(R"({"env":""})"), FieldsOf(R"({"environment":""})"), FieldsOf("{}", "env="),
                                FieldsOf("{}", "environment"), FieldsOf(R"({"environment":""})", "env=beta")})
    EXPECT_FALSE(decode_environment(empty).ok());
}

TEST(Requests, AReleaseTakesItsGuardFromEitherPlace) {
  const std::string_view project = R"({"project":"p"})";
  EXPECT_EQ(decode_release(FieldsOf(project), "\"img_a\"")->expected_image_id, "img_a");
  EXPECT_EQ(decode_release(FieldsOf(project), "")->expected_image_id, std::nullopt);
  EXPECT_EQ(decode_release(FieldsOf(R"({"project":"p","expected_image_id":""})"), "")->expected_image_id, "");
  EXPECT_FALSE(decode_release(FieldsOf(R"({"project":"p","expected_image_id":"img_b"})"), "\"img_a\"").ok());
  EXPECT_FALSE(decode_release(FieldsOf(R"({"project":"p","source_seq":"7"})"), "").ok());
  EXPECT_FALSE(decode_release(FieldsOf(R"({"project":"p","source_seq":0})"), "").ok());
  EXPECT_EQ(decode_release(FieldsOf(R"({"project_id":"prj_1","project":"p","source_seq":7})"), "")->project.id,
            "prj_1");
  EXPECT_FALSE(decode_release(FieldsOf("{}"), "").ok());
}

TEST(Requests, ALoginNamesTheFieldThatIsWrong) {
  EXPECT_TRUE(decode_login(FieldsOf(R"({"email":"a@b.c","password":"12345678"})")).ok());
  EXPECT_NE(decode_login(FieldsOf(R"({"email":"a@b.c"})")).error().message.find("password"), std::string::npos);
  EXPECT_NE(decode_login(FieldsOf(R"({"email":5,"password":"x"})")).error().message.find("email"), std::string::npos);
  EXPECT_FALSE(decode_login(FieldsOf(R"({"email":"a@b.c","password":"x","action":"steal"})")).ok());
  EXPECT_FALSE(decode_login(FieldsOf(R"({"email":"a@b.c","password":")" + std::string(1025, 'x') + "\"}")).ok());
}

TEST(Requests, PagesHaveLimits) {
  EXPECT_EQ(decode_page(FieldsOf("{}"), 20, 200)->limit, 20);
  EXPECT_EQ(decode_page(FieldsOf("{}", "limit=900"), 20, 200)->limit, 200);
  EXPECT_EQ(decode_page(FieldsOf("{}", "limit=10&page=3"), 20, 200)->offset, 20);
  for (const char* query : {"limit=0", "limit=-1", "limit=x", "offset=-1", "page=0", "limit=99999999999999999999"})
    EXPECT_FALSE(decode_page(FieldsOf("{}", query), 20, 200).ok()) << query;
}

}  // namespace
}  // namespace sitepod::api
