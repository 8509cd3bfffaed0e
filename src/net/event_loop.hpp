// Readiness of descriptors and messages from other threads, for one thread: epoll and an eventfd.
// Owned by one worker. post() and wake() may be called from any thread; everything else by the worker only.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sitepod::net {

// Who is told that a descriptor is ready. It must stay in place until the end of the turn in which it was unwatched,
// because the batch of events that is being dispatched may still name it.
class EventSink {
 public:
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~EventSink() = default;
};

class EventLoop {
 public:
  Result<void> open();

  // `events` are epoll's. A connection is registered once, edge-triggered for both directions, and never changed:
  // closing the descriptor removes it.
  Result<void> watch(int fd, EventSink& sink, std::uint32_t events);
  void unwatch(int fd);

  // Runs `message` on the loop's thread, in the order of posting. Messages that are left when the loop ends are
  // dropped.
  void post(std::function<void()> message);
  // Makes wait() return.
  void wake();

  // Collects what is ready; blocks no longer than `timeout` (negative: until something happens).
  void wait(std::chrono::milliseconds timeout);
  // Tells the sinks of what wait() collected, then runs the messages.
  void dispatch();

 private:
  void run_messages();

  UniqueFd epoll_;
  UniqueFd wake_;
  std::array<epoll_event, 256> ready_{};
  int ready_count_ = 0;
  std::vector<std::function<void()>> running_;

  std::atomic<bool> has_messages_{false};
  std::mutex mutex_;  // guards messages_
  std::vector<std::function<void()>> messages_;
};

}  // namespace sitepod::net
