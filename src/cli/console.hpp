// What a person sees: steps on standard error, the result on standard output. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/settings.hpp"

namespace sitepod::cli {

struct ConsoleFlags {
  bool json = false;
  std::string color = "auto";  // or "always", "never"
  bool no_color = false;
  bool no_input = false;
  bool quiet = false;
  bool verbose = false;
};

// What an answer of nothing but Enter means: no, for what cannot be undone.
enum class WhenEmpty : bool { No, Yes };

class Console {
 public:
  // Colour needs a terminal and neither NO_COLOR nor TERM=dumb (CLICOLOR_FORCE overrules the terminal, a flag all of
  // them); questions need a terminal on both sides and no CI.
  Console(const ConsoleFlags& flags, const Environment& environment);

  // ◐ ✓ → and fields are silent with -q; ⚠ and ✗ never are.
  void step(std::string_view text);
  void done(std::string_view text);
  void info(std::string_view text);
  void warn(std::string_view text);
  void fail(std::string_view text);
  void field(std::string_view key, std::string_view value);
  void detail(std::string_view text);  // only with -v

  // One line of the result.
  void print(std::string_view line);

  bool json() const { return flags_.json; }
  bool may_ask() const { return may_ask_; }
  // A bar that replaces itself, on a terminal only.
  void progress(std::string_view label, std::uint64_t done, std::uint64_t total);
  void end_progress();
  // The address as a picture for a telephone's camera, on a terminal only.
  void show_qr(const std::string& text);

  // Requires: may_ask(). Errors: "interrupted", also at the end of input.
  Result<std::string> ask(std::string_view question, std::string_view fallback);
  Result<std::string> ask_secret(std::string_view question);
  Result<bool> confirm(std::string_view question, WhenEmpty when_empty);

 private:
  void line(std::string_view symbol, std::string_view color, std::string_view text);
  Result<std::string> read_line();

  ConsoleFlags flags_;
  bool terminal_ = false;
  bool color_ = false;
  bool may_ask_ = false;
  bool bar_shown_ = false;
  std::chrono::steady_clock::time_point bar_drawn_;
};

// "5.6 MB"; "1,234".
std::string human_bytes(std::uint64_t bytes);
std::string human_count(std::uint64_t count);
// Rows under a head, columns padded to their widest cell.
std::vector<std::string> format_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace sitepod::cli
