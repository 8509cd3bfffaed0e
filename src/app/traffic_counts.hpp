// Folds what the workers have sent into the database, every few seconds and at the end, on a thread of its own; a crash
// loses what was sent since. Visitors are concerned only when a cap is reached: their project is then published.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "meta/meta_store.hpp"
#include "publish/publisher.hpp"
#include "serve/data_plane.hpp"

namespace sitepod::app {

class TrafficCounts {
 public:
  // All outlive this, or stop() is called before they end.
  TrafficCounts(meta::MetaStore& meta, publish::Publisher& publisher, const serve::DataPlane& data_plane);
  ~TrafficCounts();

  // Counts what is left, once the last answer has been sent.
  void stop();

 private:
  void run();
  void count();
  void fold(Instant time);
  void follow_months(Instant time);
  void publish(const std::vector<std::string>& project_ids);

  meta::MetaStore& meta_;
  publish::Publisher& publisher_;
  const serve::DataPlane& data_plane_;
  // Of the thread, then of stop(): projects and what was counted already, by meter, and the month of it.
  std::vector<std::string> projects_;
  std::vector<std::uint64_t> counted_;
  std::int64_t month_;

  std::mutex mutex_;  // guards stopping_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sitepod::app
