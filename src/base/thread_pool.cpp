#include "base/thread_pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <chrono>

namespace sitepod {

void name_this_thread(const std::string& name) { ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str()); }

ThreadPool::ThreadPool(std::string name, std::size_t min_threads, std::size_t max_threads, Priority priority)
    : name_(std::move(name)), min_threads_(min_threads), max_threads_(max_threads), priority_(priority) {}

ThreadPool::~ThreadPool() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  ended_.wait(lock, [this] { return thread_count_ == 0; });
}

void ThreadPool::submit(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  queue_.push_back(std::move(work));
  if (queue_.size() > idle_count_ && thread_count_ < max_threads_) start_thread();
  wake_.notify_one();
}

std::size_t ThreadPool::pending() const {
  std::lock_guard lock(mutex_);
  return queue_.size() + (thread_count_ - idle_count_);
}

// Requires: mutex_ is held.
void ThreadPool::start_thread() {
  ++thread_count_;
  std::thread([this] { run(); }).detach();
}

void ThreadPool::run() {
  name_this_thread(name_);
  if (priority_ == Priority::Idle) {
    sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);
  }
  std::unique_lock lock(mutex_);
  for (;;) {
    if (queue_.empty()) {
      if (stopping_) break;
      ++idle_count_;
      auto woken = wake_.wait_for(lock, std::chrono::minutes(1));
      --idle_count_;
      if (woken == std::cv_status::timeout && queue_.empty() && !stopping_ && thread_count_ > min_threads_) break;
      continue;
    }
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
  --thread_count_;
  ended_.notify_all();
}

}  // namespace sitepod
