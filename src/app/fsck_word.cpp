#include "app/fsck_word.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "app/data_folder.hpp"
#include "app/fsck.hpp"
#include "app/outcome.hpp"
#include "app/serve_arguments.hpp"

namespace sitepod::app {
namespace {

Outcome outcome_of(const FsckReport& report) {
  Outcome outcome;
  outcome.is_well = report.problems.empty();
  for (const FsckProblem& problem : report.problems)
    outcome.text += fmt::format("{}: {}: {}\n", problem.check, problem.subject, problem.problem);
  outcome.text += fmt::format("{} projects, {} environments, {} images, {} blobs ({} bytes): {}\n", report.projects,
                              report.environments, report.images, report.blobs, report.bytes,
                              outcome.is_well ? "sound" : fmt::format("{} problems", report.problems.size()));
  boost::json::object checked{{"projects", report.projects},
                              {"environments", report.environments},
                              {"images", report.images},
                              {"blobs", report.blobs},
                              {"bytes", report.bytes}};
  outcome.json = {{"ok", outcome.is_well}, {"checked", std::move(checked)}, {"problems", to_json(report.problems)}};
  return outcome;
}

}  // namespace

int run_fsck(int argc, char** argv) {
  int exit_status = 0;
  auto arguments = parse_fsck_arguments(argc, argv, exit_status);
  if (!arguments) return exit_status;
  const auto fail = [&](const Error& error) { return tell_failure("fsck", error, arguments->json); };
  if (!std::filesystem::is_directory(arguments->data_dir))
    return fail(not_found("not_found", arguments->data_dir + " is not a folder"));

  UniqueFd lock;
  if (!arguments->online) {
    auto locked = lock_data_folder(arguments->data_dir);
    if (!locked.ok() && locked.error().kind == ErrorKind::Conflict)
      return fail(conflict("a server is running on " + arguments->data_dir + "; stop it, or check with --online"));
    if (!locked.ok()) return fail(locked.error());
    lock = std::move(locked).value();
  }
  auto report = check_store(arguments->data_dir, now());
  return report.ok() ? tell(outcome_of(*report), arguments->json) : fail(report.error());
}

}  // namespace sitepod::app
