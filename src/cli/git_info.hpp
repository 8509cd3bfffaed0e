// Which commit is being deployed: flags, else the CI system's variables, else git itself. Never fails: unknown stays
// empty.
#pragma once

#include <string>

#include "cli/settings.hpp"

namespace sitepod::cli {

struct GitInfo {
  std::string commit, branch, message;
};

// What GitHub, GitLab, Forgejo and Gitea say in their variables.
GitInfo git_info_from_ci(const Environment& environment);
// Fills what is empty by asking `git` about the folder.
void complete_from_git(GitInfo& info, const std::string& folder);

}  // namespace sitepod::cli
