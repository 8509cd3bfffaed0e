#include "media/program.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/fd.hpp"
#include "media/system_call_filter.hpp"

namespace sitepod::media {
namespace {

constexpr std::size_t kMaxOutputBytes = 16 * 1024;

[[noreturn]] void become(const std::vector<char*>& arguments, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  // The program is one process: the bounds of one are those of all it can use.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !forbid_processes()) ::_exit(126);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

std::string read_beginning(int fd) {
  std::string output;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return output;
    if (output.size() < kMaxOutputBytes) output.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace

std::optional<std::string> find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    std::string candidate(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    if (!candidate.starts_with('/')) continue;
    candidate.append("/").append(name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

Result<ProgramEnd> run_program(const std::vector<std::string>& command) {
  std::vector<std::string> copies = command;
  std::vector<char*> arguments;
  for (std::string& argument : copies) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return from_errno(errno, "make a pipe");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return from_errno(errno, "start " + command[0]);
  if (child == 0) become(arguments, writer.get());
  writer.reset();
  ProgramEnd end;
  end.output = read_beginning(reader.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return from_errno(errno, "wait for " + command[0]);
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  return end;
}

}  // namespace sitepod::media
