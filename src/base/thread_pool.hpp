// Threads that run blocking work so that event loops never do. Grows to `max_threads` while all are busy and work
// waits; idle threads above `min_threads` end after a minute. Any thread may submit. Destruction runs what is queued,
// then joins.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sitepod {

class ThreadPool {
 public:
  // `name` shows in top and gdb (15 characters). `low_priority` threads run only when the machine is otherwise idle
  // (SCHED_IDLE).
  enum class Priority { Normal, Idle };
  ThreadPool(std::string name, std::size_t min_threads, std::size_t max_threads, Priority priority = Priority::Normal);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void submit(std::function<void()> work);
  // Work submitted and not yet finished.
  std::size_t pending() const;

 private:
  void run();
  void start_thread();

  const std::string name_;
  const std::size_t min_threads_;
  const std::size_t max_threads_;
  const Priority priority_;

  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable wake_;
  std::condition_variable ended_;
  std::deque<std::function<void()>> queue_;
  std::size_t thread_count_ = 0;
  std::size_t idle_count_ = 0;
  bool stopping_ = false;
};

// Names the calling thread (15 characters are kept).
void name_this_thread(const std::string& name);

}  // namespace sitepod
