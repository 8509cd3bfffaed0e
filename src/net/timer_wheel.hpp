// Deadlines of very many connections: a hashed wheel of 100 ms slots. Setting a deadline is O(1), and moving one into
// the future, which every keep-alive request does, touches no list at all: the timer stays where it is and is filed
// anew when its old slot comes round. A deadline is therefore met up to one slot late, never early. Worker thread only.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sitepod::net {

// Milliseconds of CLOCK_MONOTONIC, so that a leap of the wall clock ends no connection.
using Monotonic = std::chrono::milliseconds;
inline constexpr Monotonic kNever = Monotonic::max();
// Cheap (a vDSO read) and as coarse as the kernel's tick, a few milliseconds.
Monotonic monotonic_now();

class TimerWheel {
 public:
  class Timer {
   public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    virtual void on_deadline() = 0;

   protected:
    virtual ~Timer();

   private:
    friend class TimerWheel;
    void unlink();
    Timer* previous_ = nullptr;  // null while in no slot
    Timer* next_ = nullptr;
    Monotonic deadline_ = kNever;
    Monotonic filed_for_ = kNever;
  };

  explicit TimerWheel(Monotonic now);

  // The time of the current turn: everything in a turn happens at the same instant.
  Monotonic now() const { return now_; }
  // kNever cancels.
  void set(Timer& timer, Monotonic deadline) {
    timer.deadline_ = deadline;
    if (timer.filed_for_ > deadline) file(timer);
  }
  // Moves the clock on and calls on_deadline of everything that is due; such a timer is not set any more.
  void advance(Monotonic now);
  // How long the loop may sleep; negative when no timer is set.
  std::chrono::milliseconds time_to_next() const;

 private:
  static constexpr std::size_t kSlots = 1024;
  static constexpr Monotonic kSlot{100};

  struct Head final : Timer {
    Head();
    void on_deadline() override {}
    bool empty() const;
    void move_to(Head& other);
    Timer& front() const;
    void push(Timer& timer);
  };

  void file(Timer& timer);
  void run_slot(std::size_t slot);

  Monotonic now_;
  std::int64_t tick_;  // the slot number up to which everything has been run
  std::array<Head, kSlots> slots_;
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // a set bit may outlive its timers: it costs one idle turn
};

}  // namespace sitepod::net
