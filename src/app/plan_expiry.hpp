// Deletes expired plans once an hour, on a thread of its own that does nothing else.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "meta/meta_store.hpp"

namespace sitepod::app {

class PlanExpiry {
 public:
  // `meta` outlives this.
  explicit PlanExpiry(meta::MetaStore& meta);
  ~PlanExpiry();

 private:
  void run();

  meta::MetaStore& meta_;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sitepod::app
