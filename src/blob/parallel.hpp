// The same work on many things at once, on threads that live as long as the call.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.hpp"

namespace sitepod::blob {

// Runs `work(i)` for every i below `count` on at most `threads` threads, the caller's among them; yields the first
// error, after which nothing new is begun.
template <typename Work>
Result<void> for_each_in_parallel(std::size_t count, std::size_t threads, Work work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;  // guards first_error
  std::optional<Error> first_error;
  auto run = [&] {
    for (std::size_t i; (i = next++) < count;) {
      auto outcome = work(i);
      if (outcome.ok()) continue;
      next = count;
      std::lock_guard lock(mutex);
      if (!first_error) first_error = std::move(outcome).error();
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < std::min(count, threads); ++i) others.emplace_back(run);
  run();
  for (std::thread& thread : others) thread.join();
  if (first_error) return *std::move(first_error);
  return {};
}

}  // namespace sitepod::blob
