// Counts heap allocations and mutex locks of the workers of a program it is preloaded into (threads named worker-N:
// what the others do by the clock is no request's cost), without stopping it: the counters live in a file that
// COUNT_FILE names (two 64-bit numbers: allocations, locks), mapped shared, so that another process reads them at any
// time. Measures "no allocation and no lock per request on a warm worker"; see bench/load/run.py.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

// glibc's own names of the functions that stand in front of.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

struct Counters {
  std::atomic<std::uint64_t> allocations;
  std::atomic<std::uint64_t> locks;
};

Counters unmapped;
std::atomic<Counters*> counters{&unmapped};

__attribute__((constructor)) void map_counters() {
  const char* path = std::getenv("COUNT_FILE");
  if (path == nullptr) return;
  const int fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || ::ftruncate(fd, sizeof(Counters)) != 0) return;
  void* mapped = ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped != MAP_FAILED) counters.store(static_cast<Counters*>(mapped));
}

// Initial-exec: other models of thread-local storage allocate at the first use, which would count itself.
[[gnu::tls_model("initial-exec")]] thread_local bool is_known_worker = false;

// A thread gets its name after its start, so a worker is asked for until it is one.
bool is_worker() {
  constexpr std::size_t kNameBytes = 16;
  char name[kNameBytes] = {};
  if (!is_known_worker && ::prctl(PR_GET_NAME, name) == 0) is_known_worker = std::strncmp(name, "worker-", 7) == 0;
  return is_known_worker;
}

void count_allocation() {
  if (is_worker()) counters.load(std::memory_order_relaxed)->allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count_allocation();
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  count_allocation();
  return __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) {
  count_allocation();
  return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  *result = memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  using Lock = int (*)(pthread_mutex_t*);
  static std::atomic<Lock> next{nullptr};
  Lock lock = next.load(std::memory_order_relaxed);
  if (lock == nullptr) {
    lock = reinterpret_cast<Lock>(::dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    next.store(lock, std::memory_order_relaxed);
  }
  if (is_worker()) counters.load(std::memory_order_relaxed)->locks.fetch_add(1, std::memory_order_relaxed);
  return lock(mutex);
}

}  // extern "C"
