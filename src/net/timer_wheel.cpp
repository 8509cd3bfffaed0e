#include "net/timer_wheel.hpp"

#include <ctime>

#include <algorithm>
#include <bit>

namespace sitepod::net {

Monotonic monotonic_now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return std::chrono::duration_cast<Monotonic>(std::chrono::seconds(time.tv_sec) +
                                               std::chrono::nanoseconds(time.tv_nsec));
}

TimerWheel::Timer::~Timer() { unlink(); }

void TimerWheel::Timer::unlink() {
  if (previous_ == nullptr) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
  filed_for_ = kNever;
}

TimerWheel::Head::Head() { previous_ = next_ = this; }

bool TimerWheel::Head::empty() const { return next_ == this; }

TimerWheel::Timer& TimerWheel::Head::front() const { return *next_; }

void TimerWheel::Head::push(Timer& timer) {
  timer.previous_ = previous_;
  timer.next_ = this;
  previous_->next_ = &timer;
  previous_ = &timer;
}

void TimerWheel::Head::move_to(Head& other) {
  if (empty()) return;
  other.next_ = next_;
  other.previous_ = previous_;
  next_->previous_ = &other;
  previous_->next_ = &other;
  next_ = previous_ = this;
}

TimerWheel::TimerWheel(Monotonic now) : now_(now), tick_(now / kSlot) {}

// Files the timer under the first slot that begins at or behind its deadline; one beyond the wheel's reach is filed at
// its end and looked at again there.
void TimerWheel::file(Timer& timer) {
  timer.unlink();
  const std::int64_t wanted = (timer.deadline_ + kSlot - Monotonic(1)) / kSlot;
  const std::int64_t tick = std::clamp<std::int64_t>(wanted, tick_ + 1, tick_ + static_cast<std::int64_t>(kSlots) - 1);
  const std::size_t slot = static_cast<std::size_t>(tick) % kSlots;
  slots_[slot].push(timer);
  timer.filed_for_ = tick * kSlot;
  occupied_[slot / 64] |= std::uint64_t{1} << slot % 64;
}

void TimerWheel::run_slot(std::size_t slot) {
  occupied_[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
  Head due;
  slots_[slot].move_to(due);
  while (!due.empty()) {
    Timer& timer = due.front();
    timer.unlink();
    if (timer.deadline_ == kNever) continue;
    if (timer.deadline_ > now_) {
      file(timer);
      continue;
    }
    timer.deadline_ = kNever;
    timer.on_deadline();
  }
}

void TimerWheel::advance(Monotonic now) {
  now_ = std::max(now_, now);
  const std::int64_t target = now_ / kSlot;
  // After a long sleep one round of the wheel visits every slot.
  tick_ = std::max(tick_, target - static_cast<std::int64_t>(kSlots));
  while (tick_ < target) run_slot(static_cast<std::size_t>(++tick_) % kSlots);
}

std::chrono::milliseconds TimerWheel::time_to_next() const {
  for (std::size_t ahead = 1; ahead < kSlots;) {
    const std::size_t slot = (static_cast<std::size_t>(tick_) + ahead) % kSlots;
    const std::uint64_t rest = occupied_[slot / 64] >> slot % 64;
    if (rest != 0) {
      const auto tick = tick_ + static_cast<std::int64_t>(ahead) + std::countr_zero(rest);
      return std::max(tick * kSlot - now_, Monotonic(0)) + Monotonic(1);
    }
    ahead += 64 - slot % 64;
  }
  return Monotonic(-1);
}

}  // namespace sitepod::net
