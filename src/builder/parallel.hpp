// The same work for every number below a count, on several threads at once. Results go where their number says, so that
// the outcome does not depend on who did what. Returns when all of it is done, or its time is over: then some is not
// done, and whoever asks the clock again finds it past the deadline.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace sitepod::builder {

using Deadline = std::chrono::steady_clock::time_point;
// Without a deadline the clock is not asked.
inline bool is_over(Deadline deadline) {
  return deadline != Deadline::max() && std::chrono::steady_clock::now() >= deadline;
}

// Requires: `work` is safe to call from several threads and does not throw.
template <typename Work>
void for_each_number(std::size_t count, unsigned threads, const Work& work, Deadline deadline = Deadline::max()) {
  constexpr std::size_t kAtOnce = 4;
  std::atomic<std::size_t> next{0};
  const auto take_turns = [&] {
    for (std::size_t begin = next.fetch_add(kAtOnce); begin < count; begin = next.fetch_add(kAtOnce))
      for (std::size_t i = begin; i < count && i < begin + kAtOnce && !is_over(deadline); ++i) work(i);
  };
  std::vector<std::jthread> others;
  const std::size_t useful = (count + kAtOnce - 1) / kAtOnce;
  for (unsigned i = 1; i < threads && i < useful; ++i) others.emplace_back(take_turns);
  take_turns();
}

}  // namespace sitepod::builder
