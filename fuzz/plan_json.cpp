// Any bytes as the body of POST /plan: reading them in pieces gives what reading them at once gives, the scanner of
// items agrees with the parser, and an accepted plan, written again from what was read, reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_writer.hpp"
#include "api/plan_request.hpp"

namespace {

using namespace sitepod;
using api::PlanFile;

struct File {
  std::string path;
  std::string media_type;
  bool had_slash;
  Digest name;
  PlanFile::Naming naming;
  std::optional<Digest> sha256;
  std::optional<std::uint64_t> size;
  bool operator==(const File&) const = default;
};

struct Plan {
  std::string error;  // empty: accepted
  std::vector<File> files;
  api::PlanRequestHead head;
};

using Items = api::PlanRequestParser::Items;

Plan parse(std::string_view body, std::size_t piece, Items items = Items::Scanned) {
  Plan plan;
  const auto keep = [&](const PlanFile& file) -> Result<void> {
    plan.files.push_back({std::string(file.path), std::string(file.media_type), file.had_slash, file.name, file.naming,
                          file.sha256, file.size});
    return {};
  };
  api::PlanRequestParser parser(keep, items);
  for (std::size_t at = 0; at < body.size(); at += piece) {
    Result<void> fed = parser.feed(body.substr(at, piece));
    if (fed.ok()) continue;
    plan.error = fed.error().code;
    return plan;
  }
  Result<api::PlanRequestHead> head = parser.finish();
  if (head.ok())
    plan.head = *std::move(head);
  else
    plan.error = head.error().code;
  return plan;
}

void write_file(api::JsonWriter& json, const File& file, api::PlanForm form) {
  const std::string path = (file.had_slash ? "/" : "") + file.path;
  if (form == api::PlanForm::Map) {
    json.member(path, file.name.hex());
    return;
  }
  json.begin_object().member("path", path);
  json.member(file.naming == PlanFile::Naming::Sha256 ? "sha256" : "blake3", file.name.hex());
  if (file.sha256) json.member("sha256", file.sha256->hex());
  if (file.size) json.member("size", *file.size);
  json.member("content_type", file.media_type).end_object();
}

std::string write(const Plan& plan) {
  std::string body;
  api::JsonWriter json(body);
  const bool is_map = plan.head.form == api::PlanForm::Map;
  json.begin_object()
      .member("project", plan.head.project)
      .member("message", plan.head.message)
      .key("git")
      .begin_object();
  json.member("commit", plan.head.git_commit)
      .member("branch", plan.head.git_branch)
      .member("message", plan.head.git_message)
      .end_object();
  json.member("upload_urls", plan.head.with_upload_urls).key("files");
  is_map ? json.begin_object() : json.begin_array();
  for (const File& file : plan.files) write_file(json, file, plan.head.form);
  is_map ? json.end_object() : json.end_array();
  json.end_object();
  return body;
}

void expect_equal(const Plan& a, const Plan& b) {
  if (a.error != b.error || a.files != b.files || a.head.project != b.head.project ||
      a.head.message != b.head.message || a.head.git_commit != b.head.git_commit ||
      a.head.git_branch != b.head.git_branch || a.head.git_message != b.head.git_message ||
      a.head.form != b.head.form || a.head.with_upload_urls != b.head.with_upload_urls)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const Plan whole = parse(body, size);
  expect_equal(whole, parse(body, size, Items::ByTheParserAlone));
  expect_equal(whole, parse(body, 1));
  expect_equal(whole, parse(body, 2 + data[0] % 37));
  if (whole.error.empty()) expect_equal(whole, parse(write(whole), SIZE_MAX / 2));
  return 0;
}
