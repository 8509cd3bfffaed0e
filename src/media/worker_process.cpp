#include "media/worker_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/fd.hpp"
#include "media/outcome.hpp"

namespace sitepod::media {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxReportBytes = 16 * 1024;
constexpr std::size_t kPipeBytes = 64 * 1024;  // pipe(7)

Error cannot_start(int error_number) {
  Error error = cannot_now("The server cannot process media now.");
  error.context = std::string("start the media worker: ") + std::strerror(error_number);
  return error;
}

struct Pipe {
  UniqueFd reader, writer;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return cannot_start(errno);
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  ::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

// A group of its own, so that what it starts ends with it, and no signal is blocked or ignored.
class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  Result<pid_t> run(const WorkerStart& start, int report, int diagnostics) {
    ::posix_spawn_file_actions_addchdir_np(&actions_, start.folder.c_str());
    ::posix_spawn_file_actions_adddup2(&actions_, start.input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, report, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, diagnostics, STDERR_FILENO);
    std::vector<std::string> words = start.arguments;
    const char* path = std::getenv("PATH");
    // Nothing of the server's environment, which may hold secrets. libvips generates no machine code, which services
    // are often forbidden to run.
    std::vector<std::string> settings = {
        std::string("PATH=") + (path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path),
        "LC_ALL=C",
        "TZ=UTC",
        "HOME=/nonexistent",
        "TMPDIR=.",
        "MALLOC_ARENA_MAX=2",
        "VIPS_NOVECTOR=1"};
#ifdef __SANITIZE_THREAD__
    // It cannot see the locks of libvips, and takes minutes to find that all of its races are none of ours.
    settings.push_back("TSAN_OPTIONS=ignore_noninstrumented_modules=1");
#endif
    pid_t child = 0;
    const int problem = ::posix_spawn(&child, start.program.c_str(), &actions_, &attributes_, pointers(words).data(),
                                      pointers(settings).data());
    if (problem != 0) return cannot_start(problem);
    return child;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    for (std::string& word : words) result.push_back(word.data());
    result.push_back(nullptr);
    return result;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Takes what is there, at most what a pipe holds: a worker that writes without end must not keep its watcher from the
// clock. False when nothing will follow.
bool drain(int fd, std::string& text) {
  char buffer[4096];
  for (std::size_t taken = 0; taken < kPipeBytes;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    const std::size_t room = kMaxReportBytes - text.size();
    text.append(buffer, std::min(room, static_cast<std::size_t>(count)));
    taken += static_cast<std::size_t>(count);
  }
  return true;
}

// Until the process ends, its time does, or it is stopped; true when it ended by itself.
bool watch(int process, int stop, Pipe& report, Pipe& diagnostics, WorkerEnd& end, Clock::time_point deadline) {
  pollfd watched[4] = {
      {process, POLLIN, 0}, {report.reader.get(), POLLIN, 0}, {diagnostics.reader.get(), POLLIN, 0}, {stop, POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    if (::poll(watched, 4, static_cast<int>(left.count())) < 0 && errno != EINTR) return false;
    if (watched[1].revents != 0 && !drain(watched[1].fd, end.report)) watched[1].fd = -1;
    if (watched[2].revents != 0 && !drain(watched[2].fd, end.diagnostics)) watched[2].fd = -1;
    if (watched[0].revents != 0) return true;
    if (watched[3].revents != 0) return false;
  }
}

}  // namespace

Result<WorkerEnd> run_worker(const WorkerStart& start) {
  Pipe report = SITEPOD_TRY(make_pipe());
  Pipe diagnostics = SITEPOD_TRY(make_pipe());
  const pid_t child = SITEPOD_TRY(Spawn().run(start, report.writer.get(), diagnostics.writer.get()));
  report.writer.reset();
  diagnostics.writer.reset();

  WorkerEnd end;
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const int problem = process ? 0 : errno;
  end.timed_out = process && !watch(process.get(), start.stop, report, diagnostics, end, Clock::now() + start.patience);
  // The group keeps its number until its leader is waited for, so this reaches nobody else.
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (problem != 0) return cannot_start(problem);
  drain(report.reader.get(), end.report);
  drain(diagnostics.reader.get(), end.diagnostics);
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return end;
}

}  // namespace sitepod::media
