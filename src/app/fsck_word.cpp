#include "app/fsck_word.hpp"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "app/data_folder.hpp"
#include "app/fsck.hpp"
#include "app/serve_arguments.hpp"

namespace sitepod::app {
namespace {

int complain(std::string_view sentence) {
  fmt::print(stderr, "sitepod fsck: {}\n", sentence);
  return 1;
}

std::string to_json(const FsckReport& report) {
  boost::json::array problems;
  for (const FsckProblem& problem : report.problems)
    problems.push_back({{"check", problem.check}, {"subject", problem.subject}, {"problem", problem.problem}});
  boost::json::object checked{{"projects", report.projects},
                              {"environments", report.environments},
                              {"images", report.images},
                              {"blobs", report.blobs},
                              {"bytes", report.bytes}};
  return boost::json::serialize(boost::json::object{
      {"ok", report.problems.empty()}, {"checked", std::move(checked)}, {"problems", std::move(problems)}});
}

void print_lines(const FsckReport& report) {
  for (const FsckProblem& problem : report.problems)
    fmt::print("{}: {}: {}\n", problem.check, problem.subject, problem.problem);
  fmt::print("{} projects, {} environments, {} images, {} blobs ({} bytes): {}\n", report.projects, report.environments,
             report.images, report.blobs, report.bytes,
             report.problems.empty() ? "sound" : fmt::format("{} problems", report.problems.size()));
}

}  // namespace

int run_fsck(int argc, char** argv) {
  int exit_status = 0;
  auto arguments = parse_fsck_arguments(argc, argv, exit_status);
  if (!arguments) return exit_status;
  if (!std::filesystem::is_directory(arguments->data_dir)) return complain(arguments->data_dir + " is not a folder");

  UniqueFd lock;
  if (!arguments->online) {
    auto locked = lock_data_folder(arguments->data_dir);
    if (!locked.ok())
      return complain(locked.error().kind == ErrorKind::Conflict
                          ? "a server is running on " + arguments->data_dir + "; stop it, or check with --online"
                          : locked.error().context);
    lock = std::move(locked).value();
  }
  auto report = check_store(arguments->data_dir, now());
  if (!report.ok()) return complain(report.error().context.empty() ? report.error().message : report.error().context);
  if (arguments->json)
    fmt::print("{}\n", to_json(*report));
  else
    print_lines(*report);
  return report->problems.empty() ? 0 : 1;
}

}  // namespace sitepod::app
