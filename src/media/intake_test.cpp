#include "media/intake.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/file.hpp"
#include "media/kind.hpp"
#include "media/temporary_folder.hpp"

namespace sitepod::media {
namespace {

std::string text(const std::string& name, const std::string& value) {
  return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}
std::string file(const std::string& name, const std::string& content) {
  return "--B\r\nContent-Disposition: form-data; name=\"files\"; filename=\"" + name + "\"\r\n\r\n" + content + "\r\n";
}

class Intake : public testing::Test {
 protected:
  Result<ReceivedForm> receive(std::string body, const IntakeLimits& limits = {}) {
    std::size_t at = 0;
    const ReadBody read = [&](std::span<std::byte> out) -> Result<std::size_t> {
      const std::size_t count = std::min({out.size(), body.size() - at, std::size_t{1000}});
      std::memcpy(out.data(), body.data() + at, count);
      at += count;
      return count;
    };
    return receive_form("B", read, limits, folder_.path());
  }

  TemporaryFolder folder_ = TemporaryFolder::make("/tmp").value();
};

TEST_F(Intake, ReceivesTextsAndFilesWithTheirDigests) {
  const std::string large(100'000, 'x');
  const auto form =
      receive(text("payload", "{}") + file("a b.jpg", large) + file("x", "") + text("siteId", "s") + "--B--");
  ASSERT_TRUE(form.ok()) << form.error().message;
  EXPECT_EQ(*form->find_text("payload"), "{}");
  EXPECT_EQ(*form->find_text("siteId"), "s");
  EXPECT_EQ(form->find_text("other"), nullptr);
  ASSERT_EQ(form->files.size(), 2u);
  EXPECT_EQ(form->files[0].name, "a b.jpg");
  EXPECT_EQ(form->files[0].part_name, "files");
  EXPECT_EQ(form->files[0].size, large.size());
  EXPECT_EQ(form->files[0].sha256, sha256(large));
  EXPECT_EQ(form->files[0].head, large.substr(0, kHeadBytes));
  EXPECT_EQ(*read_file(form->files[0].path), large);
  EXPECT_EQ(form->files[1].size, 0u);
}

TEST_F(Intake, TakesJsonThatComesAsAFileForAText) {
  const auto part = [](const std::string& name, const std::string& content) {
    return "--B\r\nContent-Disposition: form-data; name=\"payload\"; filename=\"" + name +
           "\"\r\nContent-Type: application/json\r\n\r\n" + content + "\r\n";
  };
  IntakeLimits limits;
  limits.json_part = "payload";
  const auto files_of = [&](const std::string& body, const IntakeLimits& asked) {
    const auto form = receive(body + "--B--", asked);
    EXPECT_TRUE(form.ok());
    if (!form.ok()) return std::size_t{0};
    for (const ReceivedFile& each : form->files) std::filesystem::remove(each.path);
    EXPECT_EQ(form->find_text("payload") == nullptr, asked.json_part.empty());
    return form->files.size();
  };
  EXPECT_EQ(files_of(part("blob", "{}"), limits), 0u);
  EXPECT_EQ(files_of(part("request.json", "{}"), limits), 0u);
  EXPECT_EQ(files_of(part("blob", "{}") + part("blob", "second"), limits), 1u) << "the second one is a file";
  EXPECT_EQ(files_of(part("photo.jpg", "x") + text("payload", "{}"), limits), 1u);
  EXPECT_EQ(files_of(part("blob", "{}"), {}), 1u) << "where nobody asked for JSON";
}

TEST_F(Intake, LeavesUnusedFileFieldsOut) {
  const auto form = receive(file("", "") + "--B--");
  ASSERT_TRUE(form.ok());
  EXPECT_TRUE(form->files.empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Intake, LimitsAreHitExactlyAndByOneMore) {
  const auto code = [&](const std::string& body, const IntakeLimits& limits) -> std::string {
    const std::string inside = folder_.path();
    const auto form = receive(body + "--B--", limits);
    for (const auto& entry : std::filesystem::directory_iterator(inside)) std::filesystem::remove(entry);
    return form.ok() ? "ok" : std::string(form.error().code);
  };
  EXPECT_EQ(code(text("a", "12") + text("b", "345"), {.text_bytes = 5}), "ok");
  EXPECT_EQ(code(text("a", "12") + text("b", "3456"), {.text_bytes = 5}), "text_too_large");
  EXPECT_EQ(code(file("a", "12345"), {.file_bytes = 5}), "ok");
  EXPECT_EQ(code(file("a", "123456"), {.file_bytes = 5}), "file_too_large");
  EXPECT_EQ(code(file("a", "12") + file("b", "345"), {.all_files_bytes = 5}), "ok");
  EXPECT_EQ(code(file("a", "12") + file("b", "3456"), {.all_files_bytes = 5}), "storage_exceeded");
  EXPECT_EQ(code(file("a", "") + file("b", ""), {.files = 2}), "ok");
  EXPECT_EQ(code(file("a", "") + file("b", "") + file("c", ""), {.files = 2}), "invalid_request");
  EXPECT_EQ(code(text("a", "") + text("b", ""), {.texts = 1}), "invalid_request");
}

TEST_F(Intake, AsksOnceBeforeTextsAreLarge) {
  int asked = 0;
  const auto allow = [&]() -> Result<void> {
    ++asked;
    return {};
  };
  EXPECT_TRUE(receive(text("a", "12345") + "--B--", {.small_text_bytes = 5, .allow_large_texts = allow}).ok());
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(
      receive(text("a", "123456") + text("b", "7") + "--B--", {.small_text_bytes = 5, .allow_large_texts = allow})
          .ok());
  EXPECT_EQ(asked, 1);
  const auto refuse = []() -> Result<void> { return unavailable("busy"); };
  const auto refused = receive(text("a", "123456") + "--B--", {.small_text_bytes = 5, .allow_large_texts = refuse});
  EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
}

TEST_F(Intake, RefusesIncompleteAndMalformedForms) {
  for (const std::string& body : {file("a", "x"), std::string("no form at all") + std::string(2000, '.'),
                                  file("\xff", "x") + "--B--", std::string()}) {
    const auto form = receive(body);
    ASSERT_FALSE(form.ok());
    EXPECT_EQ(form.error().kind, ErrorKind::Invalid);
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) std::filesystem::remove(entry);
  }
}

TEST_F(Intake, PassesTheReadersErrorOn) {
  const auto form = receive_form(
      "B", [](std::span<std::byte>) -> Result<std::size_t> { return unavailable("gone"); }, {}, folder_.path());
  EXPECT_EQ(form.error().kind, ErrorKind::Unavailable);
}

}  // namespace
}  // namespace sitepod::media
