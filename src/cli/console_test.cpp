#include "cli/console.hpp"

#include <gtest/gtest.h>

#include "cli/cli.hpp"
#include "cli/exit_code.hpp"

namespace sitepod::cli {
namespace {

Environment nothing() {
  return [](std::string_view) { return std::optional<std::string>(); };
}
ConsoleFlags flags_with(bool quiet) {
  ConsoleFlags flags;
  flags.no_color = true;
  flags.no_input = true;
  flags.quiet = quiet;
  return flags;
}

TEST(Console, StepsGoToStandardErrorAndTheResultToStandardOutput) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Console console(flags_with(false), nothing());
  console.step("Scanning dist");
  console.done("3 files");
  console.warn("Not deployed: .env");
  console.field("url", "http://x");
  console.fail("no");
  console.detail("only with -v");
  console.print("http://x");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "http://x\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "◐ Scanning dist\n✓ 3 files\n⚠ Not deployed: .env\n  url:  http://x\n✗ no\n");
}

TEST(Console, QuietKeepsWarningsErrorsAndTheResult) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Console console(flags_with(true), nothing());
  console.step("a");
  console.done("b");
  console.info("c");
  console.field("d", "e");
  console.warn("w");
  console.fail("f");
  console.print("r");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "r\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "⚠ w\n✗ f\n");
}

TEST(Console, TextFromOutsideCannotSteerTheTerminal) {
  testing::internal::CaptureStderr();
  Console(flags_with(false), nothing()).warn("a\x1b[2Jb\rc");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "⚠ a\\x1b[2Jb\\x0dc\n");
}

TEST(Console, NumbersAreWrittenForPeople) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 kB");
  EXPECT_EQ(human_bytes(5'600'000), "5.6 MB");
  EXPECT_EQ(human_bytes(999'999), "1.0 MB");
  EXPECT_EQ(human_count(7), "7");
  EXPECT_EQ(human_count(1234), "1,234");
  EXPECT_EQ(human_count(100'000), "100,000");
}

TEST(Console, TablesAlignByCharactersAndHaveNoTrailingSpaces) {
  EXPECT_EQ(format_table({{"NAME", "ID"}, {"füü", "1"}, {"long-name", ""}}),
            (std::vector<std::string>{"NAME       ID", "füü        1", "long-name"}));
}

TEST(ExitCode, EachTroubleHasTheOneThatScriptsRelyOn) {
  struct Case {
    ErrorKind kind;
    ErrorCode code;
    ExitCode expected;
  };
  const Case cases[] = {
      {ErrorKind::Invalid, "invalid_path", kFailure},
      {ErrorKind::Invalid, "usage", kUsage},
      {ErrorKind::Unauthenticated, "invalid_token", kNotLoggedIn},
      {ErrorKind::Forbidden, "forbidden", kForbidden},
      {ErrorKind::NotFound, "not_found", kNotFound},
      {ErrorKind::Conflict, "conflict", kConflict},
      {ErrorKind::Conflict, "changed", kFailure},
      {ErrorKind::Invalid, "quota_exceeded", kQuota},
      {ErrorKind::TooLarge, "payload_too_large", kQuota},
      {ErrorKind::StorageFull, "storage_full", kQuota},
      {ErrorKind::Invalid, "gate_failed", kGate},
      {ErrorKind::Unavailable, "network", kNetwork},
      {ErrorKind::RateLimited, "rate_limited", kNetwork},
      {ErrorKind::Unavailable, "interrupted", kInterrupted},
      {ErrorKind::Internal, "internal", kFailure},
  };
  for (const Case& c : cases) EXPECT_EQ(exit_code_of({c.kind, c.code, "", {}, {}}), c.expected) << c.code.view();
}

int run_words(std::vector<std::string> words) {
  std::vector<char*> arguments;
  words.insert(words.begin(), "sitepod");
  for (std::string& word : words) arguments.push_back(word.data());
  return run(static_cast<int>(arguments.size()), arguments.data(), {});
}

TEST(Cli, UnknownFlagsAndWordsAreUsageErrors) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_words({"deploy", "--bogus"}), kUsage);
  EXPECT_EQ(run_words({"frobnicate"}), kUsage);
  EXPECT_EQ(run_words({"history", "-l", "0"}), kUsage);
  testing::internal::GetCapturedStderr();
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_words({"frobnicate", "--help"}), kUsage);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("\"frobnicate\" is no command"), std::string::npos);
}

TEST(Cli, VersionAndHelpGoToStandardOutput) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_words({"--version"}), kOk);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "sitepod " SITEPOD_VERSION "\n");
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_words({"deploy", "--help"}), kOk);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("--dry-run"), std::string::npos);
}

}  // namespace
}  // namespace sitepod::cli
