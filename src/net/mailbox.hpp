// One slot through which one publisher hands a worker the newest immutable value, without a lock on the worker's side.
// The publisher puts and waits; the worker looks once per turn. Lies alone on its cache line, so that a look that finds
// nothing costs no traffic between cores.
#pragma once

#include <atomic>
#include <cstdint>

namespace sitepod::net {

template <typename T>
class alignas(64) Mailbox {
 public:
  // Publisher. The value must stay alive until another one has been taken. The caller wakes the worker.
  void put(const T* value) {
    value_.store(value, std::memory_order_release);
    put_.fetch_add(1, std::memory_order_release);
  }

  // Publisher: returns when the worker has taken what was put last, or has gone. The worker uses nothing older from
  // then on.
  void wait_until_taken() const {
    for (;;) {
      const std::uint32_t taken = taken_.load(std::memory_order_acquire);
      if (taken == put_.load(std::memory_order_relaxed) || taken == kGone) return;
      taken_.wait(taken, std::memory_order_acquire);
    }
  }

  // Worker: calls adopt(value) when there is a new value since the last call; the publisher hears of it only
  // afterwards. Requires: nothing of the previous value is in use.
  template <typename Adopt>
  void take(Adopt adopt) {
    const std::uint32_t put = put_.load(std::memory_order_acquire);
    if (put == taken_.load(std::memory_order_relaxed)) return;
    adopt(*value_.load(std::memory_order_acquire));
    taken_.store(put, std::memory_order_release);
    taken_.notify_all();
  }

  // Worker, when it ends: nobody waits for it any more.
  void leave() {
    taken_.store(kGone, std::memory_order_release);
    taken_.notify_all();
  }

 private:
  static constexpr std::uint32_t kGone = ~std::uint32_t{0};
  std::atomic<const T*> value_{nullptr};
  std::atomic<std::uint32_t> put_{0};
  std::atomic<std::uint32_t> taken_{0};
};

}  // namespace sitepod::net
