#include "api/plan_request.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sitepod::api {
namespace {

struct Parsed {
  std::string code;     // of the error; empty: accepted
  std::string message;  // of the error
  PlanRequestHead head;
  std::vector<std::string> files;
};

std::string line_of(const PlanFile& file) {
  std::string line =
      std::string(file.had_slash ? "/" : "") + std::string(file.path) + " " + file.name.hex().substr(0, 4);
  if (file.naming == PlanFile::Naming::Blake3) line += " b";
  if (file.naming == PlanFile::Naming::Sha256) line += " s";
  if (file.sha256) line += " +" + file.sha256->hex().substr(0, 4);
  if (file.size) line += " " + std::to_string(*file.size);
  if (!file.media_type.empty()) line += " " + std::string(file.media_type);
  return line;
}

using Items = PlanRequestParser::Items;

Parsed parse(std::string_view body, std::size_t piece = 1 << 20, Items items = Items::Scanned) {
  Parsed parsed;
  const auto keep = [&](const PlanFile& file) -> Result<void> {
    parsed.files.push_back(line_of(file));
    return {};
  };
  PlanRequestParser parser(keep, items);
  const auto failed = [&](Error error) {
    parsed.code = std::string(error.code);
    parsed.message = error.message;
    return parsed;
  };
  for (std::size_t at = 0; at < body.size(); at += piece)
    if (Result<void> fed = parser.feed(body.substr(at, piece)); !fed.ok()) return failed(std::move(fed).error());
  Result<PlanRequestHead> head = parser.finish();
  if (!head.ok()) return failed(std::move(head).error());
  parsed.head = *std::move(head);
  return parsed;
}

const std::string kA(64, 'a');
const std::string kB(64, 'B');

TEST(PlanRequest, TheMapFormNamesFilesByEitherHash) {
  const Parsed parsed = parse(R"({"project":"p","files":{"/index.html":")" + kA + R"(","b c.js":")" + kB + R"("}})");
  EXPECT_EQ(parsed.code, "");
  EXPECT_EQ(parsed.head.form, PlanForm::Map);
  EXPECT_EQ(parsed.files, (std::vector<std::string>{"/index.html aaaa", "b c.js bbbb"}));
}

TEST(PlanRequest, TheArrayFormCarriesClaims) {
  const std::string base64 = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=";
  const Parsed parsed = parse(
      R"({"files":[{"path":"a","blake3":")" + kB + R"(","sha256":")" + base64 +
      R"(","size":7,"content_type":"text/css","x":{"path":[1]}},)" +
      R"({"content_type":"","sha256":"","path":"b","blake3":")" + kB + R"("},)" + R"({"path":"c","sha256":")" + kA +
      R"(","content_type":"application/octet-stream"}],"project":"p","git":{"commit":"c1","branch":null},"message":"m","upload_urls":false})");
  EXPECT_EQ(parsed.message, "");
  EXPECT_EQ(parsed.head.form, PlanForm::Array);
  EXPECT_EQ(parsed.files, (std::vector<std::string>{"a bbbb b +aaaa 7 text/css", "b bbbb b", "c aaaa s"}));
  EXPECT_EQ(parsed.head.git_commit, "c1");
  EXPECT_EQ(parsed.head.message, "m");
  EXPECT_FALSE(parsed.head.with_upload_urls);
}

TEST(PlanRequest, WhatIsWrongIsNamed) {
  const std::string ok = R"("project":"p")";
  const auto file = [](std::string members) { return R"({"project":"p","files":[{)" + members + "}]}"; };
  const std::string hash = R"("blake3":")" + kA + "\"";
  const std::pair<std::string, std::string> cases[] = {
      {"", "invalid_json"},
      {"[]", "invalid_request"},
      {"\"x\"", "invalid_request"},
      {"{" + ok + "}", "invalid_request"},
      {"{" + ok + R"(,"files":{}})", "invalid_request"},
      {"{" + ok + R"(,"files":[]})", "invalid_request"},
      {"{" + ok + R"(,"files":"x"})", "invalid_request"},
      {"{" + ok + R"(,"files":null})", "invalid_request"},
      {R"({"files":{"a":")" + kA + "\"}}", "invalid_request"},
      {R"({"project":7,"files":{"a":")" + kA + "\"}}", "invalid_request"},
      {"{" + ok + R"(,"files":{"a":"abc"}})", "invalid_hash"},
      {"{" + ok + R"(,"files":{"a":5}})", "invalid_request"},
      {"{" + ok + R"(,"files":{"a":{}}})", "invalid_request"},
      {"{" + ok + R"(,"files":{"../a":")" + kA + "\"}}", "invalid_path"},
      {"{" + ok + R"(,"files":{"a\u0000":")" + kA + "\"}}", "invalid_path"},
      {"{" + ok + R"(,"files":{")" + std::string(100'000, 'x') + R"(":")" + kA + "\"}}", "invalid_path"},
      {"{" + ok + R"(,"files":[7]})", "invalid_request"},
      {"{" + ok + R"(,"files":[[]]})", "invalid_request"},
      {file(hash), "invalid_request"},
      {file(R"("path":"a")"), "invalid_hash"},
      {file(R"("path":"a","blake3":"x")"), "invalid_hash"},
      {file(R"("path":"a","sha256":"x",)" + hash), "invalid_hash"},
      {file(R"("path":"a","size":-1,)" + hash), "invalid_request"},
      {file(R"("path":"a","size":1.5,)" + hash), "invalid_request"},
      {file(R"("path":"a","size":null,)" + hash), "invalid_request"},
      {file(R"("path":"a","size":"1",)" + hash), "invalid_request"},
      {file(R"("path":"a","size":1e400,)" + hash), "invalid_json"},
      {file(R"("path":"a","size":99999999999999999999,)" + hash), "invalid_request"},
      {file(R"("path":"a","content_type":"text",)" + hash), "invalid_request"},
      {file(R"("path":"a","path":"b",)" + hash), "invalid_json"},
      {file(R"("path":["a"],)" + hash), "invalid_request"},
      {"{" + ok + "," + ok + R"(,"files":{"a":")" + kA + "\"}}", "invalid_json"},
      {"{" + ok + R"(,"files":{"a":")" + kA + R"("},"git":"x"})", "invalid_request"},
      {"{" + ok + R"(,"files":{"a":")" + kA + R"("}} {})", "invalid_json"},
      {"{" + ok + R"(,"files":{"a":")" + kA + R"("},"x":)" + std::string(50, '[') + std::string(50, ']') + "}",
       "invalid_json"},
  };
  for (const auto& [body, code] : cases) {
    const Parsed parsed = parse(body);
    EXPECT_EQ(parsed.code, code) << body.substr(0, 200) << " → " << parsed.message;
    EXPECT_EQ(parse(body, 1).code, code) << "byte by byte: " << body.substr(0, 200);
  }
}

TEST(PlanRequest, PiecesOfAnySizeReadTheSame) {
  const std::string body = R"( {"project":"p\u00e9","unknown":[{"a":1},"x"],"files":{"/ü":"x"},"git":null} )";
  const std::string good =
      R"( {"project":"p\u00e9","unknown":[{"a":1},"x"],"files":{"/\u00fc/x.html":")" + kA + R"("},"git":{}} )";
  for (std::size_t piece = 1; piece < good.size(); ++piece) {
    EXPECT_EQ(parse(good, piece).files, parse(good).files) << piece;
    EXPECT_EQ(parse(good, piece).head.project, "pé");
    EXPECT_EQ(parse(body, piece).code, "invalid_hash");
  }
}

// Items as programs write them, and between them what only the parser reads or refuses.
TEST(PlanRequest, ScannedItemsReadAsParsedOnes) {
  const auto item = [](const std::string& path, const std::string& more = "") {
    return R"({"path":")" + path + R"(", "blake3" : ")" + kA + "\"" + more + "}";
  };
  const std::string plain[] = {item("a"), item("b/c.html", R"(,"size":12,"content_type":"text/html")"),
                               item("/d", R"(,"sha256":")" + kB + R"(","size":0)"), item("e", R"(,"size": 7 )")};
  const std::string odd[] = {item("é"),
                             item("f\\u0020g"),
                             item("{[\\\"]}"),
                             item("h", R"(,"size":null)"),
                             item("i", R"(,"x":[{"]":"}"}])"),
                             item("j", R"(,"size":01)"),
                             item("k", R"(,"size":1e2)"),
                             item("l", R"(,"size":9999999999999999999)"),
                             item("m", R"(,"path":"n")"),
                             item("o", R"(,"size":1,"size":2)"),
                             item("../p"),
                             item("q") + "]",
                             item("r").substr(1),
                             R"({"path":["a"]})",
                             "7",
                             "{}",
                             " ",
                             ""};
  for (const std::string& special : odd) {
    const std::string body = R"({"x":["files",[]],"project":"p","files":[)" + plain[0] + "," + plain[1] + " , " +
                             special + ",\n" + plain[2] + "," + plain[3] + R"(],"message":"m"})";
    const Parsed alone = parse(body, 1 << 20, Items::ByTheParserAlone);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100}, body.size()}) {
      const Parsed scanned = parse(body, piece);
      EXPECT_EQ(scanned.code, alone.code) << special;
      EXPECT_EQ(scanned.message, alone.message) << special;
      EXPECT_EQ(scanned.files, alone.files) << special;
      EXPECT_EQ(scanned.head.message, alone.head.message) << special;
    }
  }
}

TEST(PlanRequest, AListMayNotEndInAComma) {
  const std::string item = R"({"path":"a","blake3":")" + kA + "\"},";
  for (const int count : {1, 2, 3}) {
    std::string body = R"({"project":"p","files":[)";
    for (int i = 0; i < count; ++i) body += item;
    EXPECT_EQ(parse(body + "]}").code, "invalid_json");
  }
}

TEST(PlanRequest, AnErrorOfTheReceiverEndsTheParse) {
  PlanRequestParser parser([](const PlanFile&) -> Result<void> { return invalid("quota_exceeded", "enough"); });
  const Result<void> fed = parser.feed(R"({"project":"p","files":{"a":")" + kA + "\"}}");
  ASSERT_FALSE(fed.ok());
  EXPECT_EQ(fed.error().code, "quota_exceeded");
}

}  // namespace
}  // namespace sitepod::api
