#include "cli/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.hpp"

extern char** environ;

namespace sitepod::cli {
namespace {

constexpr std::size_t kMaxOutputBytes = 64 * 1024;

struct FileActions {
  posix_spawn_file_actions_t actions;
  FileActions() { ::posix_spawn_file_actions_init(&actions); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void to_null(int fd) { ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0); }
};

std::optional<pid_t> spawn(const std::vector<std::string>& command, const FileActions& files) {
  std::vector<std::string> copies = command;
  std::vector<char*> arguments;
  for (std::string& argument : copies) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (::posix_spawnp(&child, arguments[0], &files.actions, nullptr, arguments.data(), environ) != 0)
    return std::nullopt;
  return child;
}

}  // namespace

std::optional<std::string> output_of(const std::vector<std::string>& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  UniqueFd reader(ends[0]), writer(ends[1]);
  FileActions files;
  files.to_null(STDIN_FILENO);
  files.to_null(STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&files.actions, writer.get(), STDOUT_FILENO);
  auto child = spawn(command, files);
  writer.reset();
  if (!child) return std::nullopt;
  std::string out;
  char buffer[4096];
  for (;;) {
    ssize_t count = ::read(reader.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || out.size() > kMaxOutputBytes) break;
    out.append(buffer, static_cast<std::size_t>(count));
  }
  reader.reset();
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) continue;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

bool start(const std::vector<std::string>& command) {
  FileActions files;
  files.to_null(STDIN_FILENO);
  files.to_null(STDOUT_FILENO);
  files.to_null(STDERR_FILENO);
  return spawn(command, files).has_value();
}

}  // namespace sitepod::cli
