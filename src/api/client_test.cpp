#include "api/client.hpp"

#include <gtest/gtest.h>

#include "api/client_answers.hpp"
#include "api/json_value.hpp"
#include "base/blake3.hpp"

namespace sitepod::api {
namespace {

std::string digits(char c) { return std::string(64, c); }

Result<ListingAnswer> parse_in_pieces(std::string_view text, std::size_t piece) {
  ListingParser parser;
  for (std::size_t at = 0; at < text.size(); at += piece) SITEPOD_TRY(parser.feed(text.substr(at, piece)));
  return parser.finish();
}

TEST(ListingParser, ReadsBothFormsOfMissingHoweverTheAnswerIsCut) {
  std::string map = R"({"plan_id":"plan_1","missing":[")" + digits('a') + R"(",")" + digits('b') +
                    R"("],"reusable":3,"upload_urls":{")" + digits('a') + R"(":"/x"},"content_hash":"c"})";
  std::string array = R"({"missing":[{"path":"a","hash":")" + digits('a') + R"(","size":1,"upload_url":""},{"hash":")" +
                      digits('b') + R"(","nested":{"hash":"no"}}],"plan_id":"plan_1","reusable":3,"content_hash":"c"})";
  for (const std::string& text : {map, array}) {
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      auto answer = parse_in_pieces(text, piece);
      ASSERT_TRUE(answer.ok()) << piece;
      EXPECT_EQ(answer->text("plan_id"), "plan_1");
      EXPECT_EQ(answer->text("content_hash"), "c");
      EXPECT_EQ(answer->number("reusable"), 3);
      ASSERT_EQ(answer->missing.size(), 2u);
      EXPECT_EQ(answer->missing[1].hex(), digits('b'));
    }
  }
}

TEST(ListingParser, RefusesWhatIsNoAnswer) {
  for (std::string_view text : {R"({"missing":["zz"]})", R"({"a":1)", "<html>", R"({"a":1} x)"})
    EXPECT_EQ(parse_in_pieces(text, 3).error().code, "invalid_answer") << text;
}

PlanQuestion question_of(std::size_t count, std::uint64_t limit) {
  PlanQuestion question;
  question.project = "my \"site\"";
  question.git_commit = "abc";
  question.file_count = count;
  question.file = [](std::size_t index) {
    static thread_local std::string path;
    path = "dir/ü " + std::to_string(index) + ".html";
    return ClientFile{path, blake3("x"), sha256("x"), index, "text/html"};
  };
  question.max_body_bytes = limit;
  return question;
}

std::string read_all(PlanWriter& writer, std::size_t piece) {
  std::string out, buffer(piece, '\0');
  while (std::size_t count = writer.read(std::as_writable_bytes(std::span(buffer)))) out.append(buffer, 0, count);
  return out;
}

TEST(PlanWriter, WritesExactlyWhatItMeasuredInEveryForm) {
  using Form = PlanWriter::Form;
  for (auto [limit, form] : {std::pair{1'000'000u, Form::Full}, {170'000u, Form::Lean}, {1u, Form::Map}}) {
    PlanQuestion question = question_of(1000, limit);
    PlanWriter writer(question);
    EXPECT_EQ(writer.form(), form);
    std::string text = read_all(writer, 777);
    EXPECT_EQ(text.size(), writer.size());
    auto value = parse_json(text);
    ASSERT_TRUE(value.ok()) << value.error().message;
    const JsonValue* files = value->find("files");
    EXPECT_EQ(value->find("project")->text, "my \"site\"");
    EXPECT_FALSE(value->find("upload_urls")->boolean);
    if (form == Form::Map) {
      EXPECT_EQ(files->find("dir/ü 999.html")->text, blake3("x").hex());
    } else {
      EXPECT_EQ(files->items[999].find("path")->text, "dir/ü 999.html");
      EXPECT_EQ(files->items[999].find("size")->integer, 999);
      EXPECT_EQ(files->items[999].find("sha256") != nullptr, form == Form::Full);
    }
    writer.rewind();
    EXPECT_EQ(read_all(writer, 100'000), text);
  }
}

}  // namespace
}  // namespace sitepod::api
