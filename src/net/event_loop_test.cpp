#include "net/event_loop.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "net/mailbox.hpp"

namespace sitepod::net {
namespace {

TEST(EventLoop, MessagesOfAnotherThreadWakeTheLoopAndRunInOrder) {
  EventLoop loop;
  ASSERT_TRUE(loop.open().ok());
  std::vector<int> seen;
  std::thread poster([&loop, &seen] {
    for (int i = 0; i < 1000; ++i) loop.post([&seen, i] { seen.push_back(i); });
  });
  while (seen.size() < 1000) {
    loop.wait(std::chrono::milliseconds(-1));
    loop.dispatch();
  }
  poster.join();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(EventLoop, AMessageMayPostAnother) {
  EventLoop loop;
  ASSERT_TRUE(loop.open().ok());
  bool done = false;
  loop.post([&] { loop.post([&] { done = true; }); });
  while (!done) {
    loop.wait(std::chrono::milliseconds(-1));
    loop.dispatch();
  }
}

TEST(Mailbox, ThePublisherReturnsWhenTheWorkerUsesTheNewValueOnly) {
  Mailbox<int> mailbox;
  std::atomic<bool> stopping{false};
  std::atomic<const int*> in_use{nullptr};
  std::thread worker([&] {
    while (!stopping) {
      mailbox.take([&](const int& value) { in_use = &value; });
      std::this_thread::yield();
    }
    mailbox.leave();
  });
  std::vector<int> values(1000);
  for (const int& value : values) {
    mailbox.put(&value);
    mailbox.wait_until_taken();
  }
  stopping = true;
  worker.join();
  EXPECT_EQ(in_use.load(), &values.back());
}

TEST(Mailbox, NobodyWaitsForAWorkerThatHasGone) {
  Mailbox<int> mailbox;
  mailbox.leave();
  const int value = 1;
  mailbox.put(&value);
  mailbox.wait_until_taken();
}

}  // namespace
}  // namespace sitepod::net
