#include "cli/git_info.hpp"

#include "cli/process.hpp"

namespace sitepod::cli {
namespace {

std::string first_of(const Environment& environment, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names)
    if (auto value = environment(name)) return *value;
  return {};
}

}  // namespace

GitInfo git_info_from_ci(const Environment& environment) {
  return {first_of(environment, {"GITHUB_SHA", "CI_COMMIT_SHA"}),
          first_of(environment, {"GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME"}),
          first_of(environment, {"CI_COMMIT_TITLE"})};
}

void complete_from_git(GitInfo& info, const std::string& folder) {
  auto head = output_of({"git", "-C", folder, "rev-parse", "HEAD"});
  if (!head) return;
  // A commit that a flag or the CI system named may be another one; its message is then not HEAD's.
  bool same = info.commit.empty() || info.commit == *head;
  if (info.commit.empty()) info.commit = *head;
  if (info.branch.empty())
    if (auto branch = output_of({"git", "-C", folder, "symbolic-ref", "--short", "-q", "HEAD"})) info.branch = *branch;
  if (info.message.empty() && same)
    if (auto message = output_of({"git", "-C", folder, "log", "-1", "--format=%s"})) info.message = *message;
}

}  // namespace sitepod::cli
