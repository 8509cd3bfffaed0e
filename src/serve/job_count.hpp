// Counts the work that the data plane has on other threads, so that it can end only after all of it has.
// Any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>

#include "base/thread_pool.hpp"

namespace sitepod::serve {

class JobCount {
 public:
  void submit(ThreadPool& pool, std::function<void()> job) {
    begin();
    pool.submit([this, job = std::move(job)]() mutable {
      job();
      job = nullptr;  // what it captured must be gone before anybody may believe that it has ended
      end();
    });
  }

  // A job that goes on elsewhere: who begins it ends it.
  void begin() {
    std::lock_guard lock(mutex_);
    ++running_;
  }
  void end() {
    std::lock_guard lock(mutex_);
    if (--running_ == 0) none_.notify_all();
  }

  void wait_for_none() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;  // guards running_
  std::condition_variable none_;
  std::size_t running_ = 0;
};

}  // namespace sitepod::serve
