// Counts what the store holds, on a thread of its own and so rarely that it does not matter: figures cost nothing to
// whoever asks for them.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "meta/meta_store.hpp"
#include "meta/totals.hpp"

namespace sitepod::app {

class StoreCounts {
 public:
  // `meta` outlives this.
  explicit StoreCounts(meta::MetaStore& meta);
  ~StoreCounts();

  // Some seconds old. Any thread.
  meta::Totals latest() const;

 private:
  void run();

  meta::MetaStore& meta_;
  mutable std::mutex mutex_;  // guards latest_ and stopping_
  std::condition_variable wake_;
  meta::Totals latest_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sitepod::app
