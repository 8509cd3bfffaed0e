#include "net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace sitepod::net {
namespace {

using std::chrono::milliseconds;

struct Recorder final : TimerWheel::Timer {
  explicit Recorder(TimerWheel& timer_wheel) : wheel(timer_wheel) {}
  void on_deadline() override { fired_at.push_back(wheel.now()); }
  TimerWheel& wheel;
  std::vector<Monotonic> fired_at;
};

// Moves the clock as a loop does: in steps of what the wheel itself asks for.
void sleep_until(TimerWheel& wheel, Monotonic end) {
  while (wheel.now() < end) {
    const milliseconds sleep = wheel.time_to_next();
    wheel.advance(sleep < milliseconds(0) ? end : std::min(end, wheel.now() + std::max(sleep, milliseconds(1))));
  }
}

TEST(TimerWheel, FiresOnceWithinOneSlotBehindTheDeadlineAndNeverBeforeIt) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    TimerWheel wheel(milliseconds(random() % 1'000'000));
    Recorder timer(wheel);
    const Monotonic deadline = wheel.now() + milliseconds(1 + random() % 300'000);
    wheel.set(timer, deadline);
    sleep_until(wheel, deadline + milliseconds(500));
    ASSERT_EQ(timer.fired_at.size(), 1u);
    EXPECT_GE(timer.fired_at[0], deadline);
    EXPECT_LE(timer.fired_at[0], deadline + milliseconds(101));
  }
}

TEST(TimerWheel, ADeadlineMovedIntoTheFutureFiresOnlyThere) {
  TimerWheel wheel(milliseconds(1000));
  Recorder timer(wheel);
  for (int i = 0; i < 50; ++i) {
    wheel.set(timer, wheel.now() + milliseconds(1000));
    wheel.advance(wheel.now() + milliseconds(900));
  }
  EXPECT_TRUE(timer.fired_at.empty());
  sleep_until(wheel, wheel.now() + milliseconds(300));
  EXPECT_EQ(timer.fired_at.size(), 1u);
}

TEST(TimerWheel, ADeadlineMovedForwardFiresEarlier) {
  TimerWheel wheel(milliseconds(1000));
  Recorder timer(wheel);
  wheel.set(timer, wheel.now() + milliseconds(75'000));
  wheel.set(timer, wheel.now() + milliseconds(200));
  sleep_until(wheel, milliseconds(1400));
  EXPECT_EQ(timer.fired_at.size(), 1u);
  sleep_until(wheel, milliseconds(80'000));
  EXPECT_EQ(timer.fired_at.size(), 1u);
}

TEST(TimerWheel, ACancelledTimerNeverFiresAndLeavesNothingToWakeUpFor) {
  TimerWheel wheel(milliseconds(1000));
  Recorder timer(wheel);
  wheel.set(timer, wheel.now() + milliseconds(200));
  wheel.set(timer, kNever);
  sleep_until(wheel, milliseconds(5000));
  EXPECT_TRUE(timer.fired_at.empty());
  EXPECT_LT(wheel.time_to_next(), milliseconds(0));
}

TEST(TimerWheel, ATimerThatEndsItsLifeIsForgotten) {
  TimerWheel wheel(milliseconds(1000));
  Recorder stays(wheel);
  {
    Recorder goes(wheel);
    wheel.set(goes, wheel.now() + milliseconds(200));
    wheel.set(stays, wheel.now() + milliseconds(200));
  }
  sleep_until(wheel, milliseconds(2000));
  EXPECT_EQ(stays.fired_at.size(), 1u);
}

TEST(TimerWheel, AfterALongSleepEverythingDueFires) {
  TimerWheel wheel(milliseconds(1000));
  std::vector<std::unique_ptr<Recorder>> timers;
  for (int i = 1; i <= 100; ++i) {
    timers.push_back(std::make_unique<Recorder>(wheel));
    wheel.set(*timers.back(), wheel.now() + milliseconds(i * 1000));
  }
  wheel.advance(wheel.now() + milliseconds(1'000'000));
  for (const auto& timer : timers) EXPECT_EQ(timer->fired_at.size(), 1u);
}

}  // namespace
}  // namespace sitepod::net
