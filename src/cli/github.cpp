#include "cli/github.hpp"

#include <fcntl.h>

#include "base/file.hpp"

namespace sitepod::cli {
namespace {

Result<void> append(const std::string& path, const std::string& text) {
  UniqueFd fd = SITEPOD_TRY(open_file(path, O_WRONLY | O_APPEND | O_CREAT));
  return write_all(fd.get(), text);
}

Result<void> append_outputs(const std::string& path, const std::vector<WorkflowOutput>& outputs) {
  std::string lines;
  for (const auto& [name, value] : outputs) {
    // A line break in a value would forge another output.
    if (value.find_first_of("\r\n") != std::string::npos) return internal("a line break in the server's answer");
    if (!value.empty()) lines.append(name).append("=").append(value).append("\n");
  }
  return append(path, lines);
}

}  // namespace

void tell_workflow(Console& console, const Environment& environment, const std::vector<WorkflowOutput>& outputs,
                   const std::string& summary) {
  if (const auto path = environment("GITHUB_OUTPUT"))
    if (auto written = append_outputs(*path, outputs); !written.ok())
      console.warn("GITHUB_OUTPUT was not written: " + written.error().context);
  if (const auto path = environment("GITHUB_STEP_SUMMARY"))
    if (auto written = append(*path, summary + "\n"); !written.ok())
      console.warn("GITHUB_STEP_SUMMARY was not written: " + written.error().context);
}

}  // namespace sitepod::cli
