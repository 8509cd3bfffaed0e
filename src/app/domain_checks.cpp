#include "app/domain_checks.hpp"

#include <chrono>

#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "base/time.hpp"

namespace sitepod::app {
namespace {

constexpr std::chrono::hours kInterval{1};

}  // namespace

DomainChecks::DomainChecks(domains::Domains& domains, Publish publish)
    : domains_(domains), publish_(std::move(publish)), thread_([this] { run(); }) {}

DomainChecks::~DomainChecks() {
  {
    std::lock_guard lock(mutex_);
    stopping_.store(true);
  }
  wake_.notify_all();
  thread_.join();
}

void DomainChecks::run() {
  name_this_thread("domains");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kInterval, [this] { return stopping_.load(); })) {
    lock.unlock();
    check();
    lock.lock();
  }
}

void DomainChecks::check() {
  auto done = domains_.reverify_due(now(), [this] { return !stopping_.load(); });
  if (!done.ok()) return log::warn("could not verify domains again", {{"reason", done.error().context}});
  for (const std::string& project_id : done->changed_projects)
    // The change stands in the feed: the project's next publication shows it.
    if (auto published = publish_(project_id); !published.ok())
      log::warn("could not take a domain away from its project",
                {{"project", project_id}, {"reason", published.error().context}});
  if (done->checked > 0 || done->detached > 0)
    log::info("domains verified again", {{"domains", done->checked}, {"detached", done->detached}});
}

}  // namespace sitepod::app
