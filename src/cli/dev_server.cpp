#include "cli/dev_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"

extern char** environ;

namespace sitepod::cli {
namespace {

constexpr int kSecondsToStart = 60;
constexpr std::string_view kReady = "sitepod ready at ";

// What of the environment is the user's own; settings of another server are none of this one's business.
std::vector<std::string> environment_of_server() {
  std::vector<std::string> out;
  for (char** each = environ; *each != nullptr; ++each)
    if (const std::string_view text(*each); !text.starts_with("SITEPOD_")) out.emplace_back(text);
  for (const char* setting :
       {"SITEPOD_BUILD_COOLDOWN=0", "SITEPOD_LIVE_RELOAD=true", "SITEPOD_SOCIAL_IMAGES=false",
        "SITEPOD_RATE_LIMIT=1000000", "SITEPOD_CONTENT_RATE_LIMIT=1000000", "SITEPOD_CONTENT_BUILDS_PER_MONTH=1000000"})
    out.emplace_back(setting);
  return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

Error failed(std::string message) { return {ErrorKind::Internal, "unavailable", std::move(message), {}, {}}; }

}  // namespace

Result<std::unique_ptr<DevServer>> DevServer::start(std::int64_t port) {
  std::unique_ptr<DevServer> server(new DevServer);
  SITEPOD_TRY(server->launch(port));
  return server;
}

Result<void> DevServer::launch(std::int64_t port) {
  std::error_code error;
  folder_ = (std::filesystem::temp_directory_path(error) / "sitepod-dev-XXXXXX").string();
  if (::mkdtemp(folder_.data()) == nullptr) return from_errno(errno, "making " + folder_);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return from_errno(errno, "making a pipe");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  UniqueFd log = SITEPOD_TRY(open_file(folder_ + "/log", O_WRONLY | O_CREAT | O_APPEND, 0600));

  std::vector<std::string> words{"sitepod",  "serve",
                                 "--data",   folder_ + "/data",
                                 "--listen", "127.0.0.1:" + std::to_string(port),
                                 "--domain", "localhost:" + std::to_string(port)};
  std::vector<std::string> variables = environment_of_server();
  const std::vector<char*> arguments = pointers_to(words), environment = pointers_to(variables);
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ < 0) return from_errno(errno, "starting the server");
  if (process_ == 0) {
    // Only calls that are safe between fork and exec. Ctrl-C reaches the client alone, which ends the server; where the
    // client cannot, the kernel does.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(writer.get(), STDOUT_FILENO);
    ::dup2(log.get(), STDERR_FILENO);
    ::execve("/proc/self/exe", arguments.data(), environment.data());
    ::_exit(127);
  }
  writer.reset();
  return wait_until_ready(reader.get());
}

Result<void> DevServer::wait_until_ready(int output) {
  std::string said;
  for (int second = 0; second < kSecondsToStart;) {
    if (interruption()) return interrupted();
    pollfd wait{output, POLLIN, 0};
    const int count = ::poll(&wait, 1, 1000);
    if (count == 0) ++second;
    if (count <= 0) continue;
    char piece[512];
    const ssize_t length = ::read(output, piece, sizeof piece);
    if (length <= 0) break;
    said.append(piece, static_cast<std::size_t>(length));
    const std::size_t start = said.find(kReady), line = said.find('\n', std::min(start, said.size()));
    if (start == std::string::npos || line == std::string::npos) continue;
    const std::size_t address = start + kReady.size();
    endpoint_ = said.substr(address, said.find(' ', address) - address);
    return {};
  }
  auto log = read_file(folder_ + "/log", 1 << 20);
  return failed("The local server did not start." + (log.ok() && !log->empty() ? " It said: " + *log : std::string()));
}

bool DevServer::is_gone() {
  if (process_ <= 0 || ::waitpid(process_, nullptr, WNOHANG) == 0) return false;
  process_ = -1;
  return true;
}

DevServer::~DevServer() {
  if (process_ > 0) {
    ::kill(process_, SIGTERM);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

}  // namespace sitepod::cli
