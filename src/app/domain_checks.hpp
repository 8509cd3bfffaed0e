// Has domains that are due looked at again in DNS, once an hour, on a thread of its own: name servers may take long to
// answer, and nobody else must wait for them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "domains/domains.hpp"

namespace sitepod::app {

class DomainChecks {
 public:
  using Publish = std::function<Result<void>(const std::string& project_id)>;
  // `domains` outlives this; `publish` makes a project's changes visible.
  DomainChecks(domains::Domains& domains, Publish publish);
  ~DomainChecks();

 private:
  void run();
  void check();

  domains::Domains& domains_;
  const Publish publish_;
  std::mutex mutex_;  // guards the wait for stopping_
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace sitepod::app
