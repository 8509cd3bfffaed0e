// How many things to do in one run that has a limited time: fewer after a run that did not come to its end, so that a
// machine that is always busy gets on, too; slowly more again after runs that did. A value; not for several threads.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sitepod::content {

class BatchSize {
 public:
  explicit BatchSize(std::int64_t most) : most_(most), now_(most) {}

  std::int64_t get() const { return now_; }
  void note_end(bool in_time) { now_ = in_time ? std::min(most_, now_ * 2) : std::max<std::int64_t>(1, now_ / 4); }

 private:
  std::int64_t most_;
  std::int64_t now_;
};

}  // namespace sitepod::content
