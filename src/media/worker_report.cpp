#include "media/worker_report.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "media/outcome.hpp"
#include "model/names.hpp"

namespace sitepod::media {
namespace {

constexpr std::size_t kMaxMessageBytes = 400;
constexpr std::size_t kMaxCopies = 16;
constexpr int kMaxSide = 65535;  // of a video; pictures stay below

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::optional<int> take_side(std::string_view& text) {
  int side = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), side);
  if (problem != std::errc() || side < 1 || side > kMaxSide) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return side;
}

std::optional<Size> parse_size(std::string_view text) {
  const auto width = take_side(text);
  if (!width || text.empty() || text.front() != ' ') return std::nullopt;
  text.remove_prefix(1);
  const auto height = take_side(text);
  if (!height || !text.empty()) return std::nullopt;
  return Size{*width, *height};
}

// False when the line belongs to no report.
bool take_fact(std::string_view line, WorkerReport& report) {
  if (line == "transcoding_due") return report.transcoding_due = true;
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  const auto size = parse_size(line.substr(space + 1));
  if (!size) return false;
  if (line.substr(0, space) == "whole") {
    report.whole = *size;
    return true;
  }
  const bool is_next = report.copies.empty() || report.copies.back().width < size->width;
  if (line.substr(0, space) != "copy" || !is_next || report.copies.size() == kMaxCopies) return false;
  report.copies.push_back(*size);
  return true;
}

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kMaxMessageBytes));
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return line;
}

Error as_unavailable(const Error& error) {
  Error unavailable = cannot_now("The server cannot process the file now.");
  unavailable.context = fmt::format("{}: {}", error.code.view(), error.context.empty() ? error.message : error.context);
  return unavailable;
}

// `rest` may hold one more line: the context.
Error parse_refusal(std::string_view line, std::string_view rest) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view code = line.substr(0, space);
  std::string message = one_line(line.substr(std::min(space + 1, line.size())));
  if (!model::is_valid_utf8(message) || message.empty()) message = "The file cannot be processed.";
  Error error = code == kTooLarge     ? too_large(std::move(message))
                : code == kUnreadable ? unreadable(std::move(message))
                                      : cannot_now(std::move(message));
  error.context = one_line(take_line(rest));
  if (!model::is_valid_utf8(error.context)) error.context.clear();
  return error;
}

}  // namespace

std::string write_report(const WorkerReport& report) {
  std::string text = "done\n";
  if (report.whole.width > 0) text += fmt::format("whole {} {}\n", report.whole.width, report.whole.height);
  for (const Size& copy : report.copies) text += fmt::format("copy {} {}\n", copy.width, copy.height);
  if (report.transcoding_due) text += "transcoding_due\n";
  return text + "end\n";
}

std::string write_report(const Error& error) {
  const bool is_known = error.code == kUnreadable || error.code == kTooLarge || error.code == kUnavailable;
  if (!is_known) return write_report(as_unavailable(error));
  return fmt::format("refused {} {}\n{}\nend\n", error.code.view(), one_line(error.message), one_line(error.context));
}

Result<WorkerReport> parse_report(std::string_view text) {
  const auto no_report = [] { return internal("the media worker ended without a report"); };
  if (!text.ends_with("\nend\n")) return no_report();
  text.remove_suffix(std::string_view("end\n").size());
  const std::string_view first = take_line(text);
  if (first.starts_with("refused ")) return parse_refusal(first.substr(8), text);
  if (first != "done") return no_report();
  WorkerReport report;
  while (!text.empty())
    if (!take_fact(take_line(text), report)) return no_report();
  return report;
}

}  // namespace sitepod::media
