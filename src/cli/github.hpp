// What a GitHub workflow is told of a deploy: its outputs and its summary. One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/console.hpp"
#include "cli/settings.hpp"

namespace sitepod::cli {

using WorkflowOutput = std::pair<std::string_view, std::string>;

// Appends the outputs that are not empty to GITHUB_OUTPUT, and the sentence to GITHUB_STEP_SUMMARY, where these are
// set. What cannot be written is a warning: the deploy is done.
void tell_workflow(Console& console, const Environment& environment, const std::vector<WorkflowOutput>& outputs,
                   const std::string& summary);

}  // namespace sitepod::cli
