// What the server does around a run of the worker: gives it what it needs, judges how it ended, takes its results. Any
// thread; blocks for the disk.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "media/worker_process.hpp"
#include "media/worker_report.hpp"

namespace sitepod::media {

// The word that has the worker draw cards.
inline constexpr std::string_view kCardsWord = "cards";

// The worker of a superuser is nobody, and needs the file and a place for its results.
Result<void> hand_over(int input, const std::string& folder);

// Nothing that the worker left is believed to be a file before it was looked at. Its path in the target folder.
Result<std::string> take_over(const std::string& folder, std::string_view name, const std::string& target_folder);

// `what` it was about, for the log. Errors: those of Processor::process.
Result<WorkerReport> judge(const WorkerEnd& end, std::string_view what, std::chrono::seconds patience);

}  // namespace sitepod::media
