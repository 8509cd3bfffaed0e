// What the media worker tells the server: a few lines of text, believed by nobody. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sitepod::media {

// Where the worker leaves its results, in its own folder. Its copies are `{width}.webp`.
inline constexpr std::string_view kWholeFile = "whole";

struct Size {
  int width = 0;
  int height = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

struct WorkerReport {
  Size whole;                // zeros when the result has none
  std::vector<Size> copies;  // ascending widths
  bool transcoding_due = false;
  friend bool operator==(const WorkerReport&, const WorkerReport&) = default;
};

std::string write_report(const WorkerReport& report);
// The three codes of Processor::process are carried; any other error travels as Unavailable, its cause in the context.
std::string write_report(const Error& error);

// Nothing in it is trusted: sizes are within what pictures may have, copies are few and ascending, a message is one
// line of UTF-8. Errors: what the worker refused, or Internal for text that is no report.
Result<WorkerReport> parse_report(std::string_view text);

}  // namespace sitepod::media
