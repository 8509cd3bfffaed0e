#include "net/event_loop.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

namespace sitepod::net {

Result<void> EventLoop::open() {
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return from_errno(errno, "epoll_create1");
  wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return from_errno(errno, "eventfd");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;  // edge-triggered: the counter never has to be read back
  event.data.ptr = nullptr;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) return from_errno(errno, "epoll_ctl eventfd");
  return {};
}

Result<void> EventLoop::watch(int fd, EventSink& sink, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &sink;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return from_errno(errno, "epoll_ctl add");
  return {};
}

void EventLoop::unwatch(int fd) {
  epoll_event event{};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &event);
}

void EventLoop::post(std::function<void()> message) {
  {
    std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    if (messages_.size() > 1) return;  // whoever posted the first has woken the loop
    has_messages_.store(true, std::memory_order_release);
  }
  wake();
}

void EventLoop::wake() {
  const std::uint64_t one = 1;
  // The only failure is a counter that is full, and then the loop is awake already.
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
}

void EventLoop::wait(std::chrono::milliseconds timeout) {
  const auto bounded = std::min<std::chrono::milliseconds::rep>(timeout.count(), 60'000);
  ready_count_ = ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), static_cast<int>(bounded));
  if (ready_count_ < 0) {
    SITEPOD_CHECK(errno == EINTR);
    ready_count_ = 0;
  }
}

void EventLoop::dispatch() {
  for (int i = 0; i < ready_count_; ++i) {
    const epoll_event& event = ready_[static_cast<std::size_t>(i)];
    if (event.data.ptr != nullptr) static_cast<EventSink*>(event.data.ptr)->on_ready(event.events);
  }
  ready_count_ = 0;
  if (has_messages_.load(std::memory_order_acquire)) run_messages();
}

void EventLoop::run_messages() {
  {
    std::lock_guard lock(mutex_);
    running_.swap(messages_);
    has_messages_.store(false, std::memory_order_relaxed);
  }
  for (auto& message : running_) message();
  running_.clear();
}

}  // namespace sitepod::net
