#include "app/process.hpp"

#include <malloc.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "base/log.hpp"

namespace sitepod::app {
namespace {

constexpr std::size_t kThreadStackBytes = 1u << 20;

sigset_t awaited_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGHUP);
  return signals;
}

void warn_about(const char* what) {
  log::warn("could not prepare the process fully", {{"what", what}, {"reason", std::strerror(errno)}});
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return warn_about("read the limit of descriptors");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) warn_about("raise the limit of descriptors");
}

constexpr int kMappedFromBytes = 512 * 1024;

// glibc gives each thread an arena of its own and up to 8 MiB of stack: right for few big threads, wrong for many small
// ones.
void keep_memory_small() {
  ::mallopt(M_ARENA_MAX, 2);
  // What a deploy of 100,000 files needs for a moment goes back to the system at its end; by itself the threshold would
  // grow with the first such block, and the next ones stay.
  ::mallopt(M_MMAP_THRESHOLD, kMappedFromBytes);
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return;
  ::pthread_attr_setstacksize(&attributes, kThreadStackBytes);
  ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

}  // namespace

void prepare_process() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t signals = awaited_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  raise_descriptor_limit();
  keep_memory_small();
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) warn_about("forbid core dumps");
}

void give_back_memory() { ::malloc_trim(0); }

int next_signal(std::chrono::milliseconds patience) {
  sigset_t signals = awaited_signals();
  timespec timeout{patience.count() / 1000, (patience.count() % 1000) * 1'000'000};
  int signal = ::sigtimedwait(&signals, nullptr, &timeout);
  return signal < 0 ? 0 : signal;
}

}  // namespace sitepod::app
