#include "cli/console.hpp"

#include <fmt/core.h>
#include <qrencode.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "cli/exit_code.hpp"

namespace sitepod::cli {
namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr int kBarWidth = 28;

// Bytes that could steer a terminal come from file names and servers; they are shown, not obeyed.
std::string harmless(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7F)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out;
}

void write_error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

// Counts characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

class EchoOff {
 public:
  EchoOff() {
    known_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!known_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~EchoOff() {
    if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  termios before_{};
  bool known_ = false;
};

}  // namespace

Console::Console(const ConsoleFlags& flags, const Environment& environment) : flags_(flags) {
  bool dumb = environment("TERM").value_or("") == "dumb";
  terminal_ = ::isatty(STDERR_FILENO) != 0 && !dumb;
  bool forced = environment("CLICOLOR_FORCE").value_or("0") != "0";
  const bool wanted = (terminal_ || forced) && !environment("NO_COLOR");
  color_ = !flags.no_color && (flags.color == "auto" ? wanted : flags.color == "always");
  may_ask_ = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0 && !flags.no_input && !environment("CI");
}

void Console::line(std::string_view symbol, std::string_view color, std::string_view text) {
  end_progress();
  std::string out;
  if (color_) out += color;
  out += symbol;
  if (color_) out += kReset;
  out += " " + harmless(text) + "\n";
  write_error(out);
}

void Console::step(std::string_view text) {
  if (!flags_.quiet) line("◐", "\x1b[36m", text);
}
void Console::done(std::string_view text) {
  if (!flags_.quiet) line("✓", "\x1b[32m", text);
}
void Console::info(std::string_view text) {
  if (!flags_.quiet) line("→", "\x1b[34m", text);
}
void Console::warn(std::string_view text) { line("⚠", "\x1b[33m", text); }
void Console::fail(std::string_view text) { line("✗", "\x1b[31m", text); }

void Console::field(std::string_view key, std::string_view value) {
  if (flags_.quiet) return;
  end_progress();
  write_error("  " + std::string(key) + ":  " + harmless(value) + "\n");
}

void Console::detail(std::string_view text) {
  if (!flags_.verbose) return;
  end_progress();
  write_error("  " + harmless(text) + "\n");
}

void Console::print(std::string_view text) {
  end_progress();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

void Console::progress(std::string_view label, std::uint64_t done, std::uint64_t total) {
  if (!terminal_ || flags_.quiet || total == 0) return;
  auto now = std::chrono::steady_clock::now();
  if (bar_shown_ && done < total && now - bar_drawn_ < std::chrono::milliseconds(100)) return;
  bar_drawn_ = now;
  bar_shown_ = true;
  auto share = static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  int filled = static_cast<int>(share * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
  write_error(
      fmt::format("\r\x1b[K  {} {} {:3.0f}%  {} / {}", label, bar, share * 100, human_bytes(done), human_bytes(total)));
}

void Console::end_progress() {
  if (!bar_shown_) return;
  bar_shown_ = false;
  write_error("\r\x1b[K");
}

// Two modules per character, dark on light with a quiet zone, whatever the terminal's own colours are.
void Console::show_qr(const std::string& text) {
  if (!terminal_ || !color_ || flags_.quiet || flags_.json) return;
  std::unique_ptr<QRcode, decltype(&QRcode_free)> code(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1),
                                                       &QRcode_free);
  if (!code) return;
  auto dark = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= code->width || y >= code->width) return false;
    return (code->data[y * code->width + x] & 1) != 0;
  };
  constexpr int kQuietZone = 2;
  std::string out;
  for (int y = -kQuietZone; y < code->width + kQuietZone; y += 2) {
    out += "  \x1b[30;107m";
    for (int x = -kQuietZone; x < code->width + kQuietZone; ++x)
      out += dark(x, y) ? (dark(x, y + 1) ? "█" : "▀") : (dark(x, y + 1) ? "▄" : " ");
    out += std::string(kReset) + "\n";
  }
  write_error(out);
}

Result<std::string> Console::read_line() {
  std::string out;
  for (char c;;) {
    ssize_t count = ::read(STDIN_FILENO, &c, 1);
    if (count <= 0) return interrupted();
    if (c == '\n') return out;
    out += c;
  }
}

Result<std::string> Console::ask(std::string_view question, std::string_view fallback) {
  end_progress();
  write_error("? " + std::string(question) + (fallback.empty() ? "" : " [" + harmless(fallback) + "]") + ": ");
  std::string answer = SITEPOD_TRY(read_line());
  return answer.empty() ? std::string(fallback) : answer;
}

Result<std::string> Console::ask_secret(std::string_view question) {
  write_error("? " + std::string(question) + ": ");
  EchoOff silent;
  auto answer = read_line();
  write_error("\n");
  return answer;
}

Result<bool> Console::confirm(std::string_view question, WhenEmpty when_empty) {
  auto answer = ask(std::string(question) + " (y/n)", when_empty == WhenEmpty::Yes ? "y" : "n");
  if (!answer.ok()) return std::move(answer).error();
  return *answer == "y" || *answer == "Y" || *answer == "yes";
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  constexpr std::string_view kUnits[] = {"kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::vector<std::string> format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += harmless(row[i]);
      if (i + 1 < row.size()) line += std::string(widths[i] - columns(row[i]) + 2, ' ');
    }
    while (line.ends_with(' ')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace sitepod::cli
