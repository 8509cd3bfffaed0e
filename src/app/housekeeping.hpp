// What the server does by itself from time to time: once an hour it deletes what has expired and lets go of recent
// images whose time is over; it collects garbage as often as the settings say, and goes on with purges that were cut
// short, also right at the start. One thread of its own; a long collection delays the next hour's deletion, nothing
// else.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "deploy/collector.hpp"
#include "deploy/purger.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::app {

class Housekeeping {
 public:
  using Publish = std::function<Result<void>(const std::string& project_id)>;
  // All outlive this. `gc_interval`: nothing collects only on demand.
  Housekeeping(meta::MetaStore& meta, deploy::Collector& collector, deploy::Purger& purger, Publish publish,
               std::function<Result<void>()> publish_changes, std::optional<std::chrono::seconds> gc_interval);
  // Ends a collection that runs at its next step.
  ~Housekeeping();

 private:
  void run();
  void finish_purges();
  void delete_expired();
  void end_recent_images();
  bool is_collection_due();
  void collect();

  meta::MetaStore& meta_;
  deploy::Collector& collector_;
  deploy::Purger& purger_;
  const Publish publish_;
  const std::function<Result<void>()> publish_changes_;
  const std::optional<std::chrono::seconds> gc_interval_;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sitepod::app
