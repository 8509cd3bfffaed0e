#include "app/plan_expiry.hpp"

#include <chrono>

#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "base/time.hpp"
#include "meta/records.hpp"

namespace sitepod::app {
namespace {

constexpr std::chrono::hours kInterval{1};

void delete_expired(meta::MetaStore& meta) {
  auto deleted =
      meta.write([before = now()](meta::Session& session) { return meta::delete_expired_plans(session, before); });
  if (!deleted.ok())
    log::warn("could not delete expired plans", {{"reason", deleted.error().context}});
  else if (*deleted > 0)
    log::info("expired plans deleted", {{"plans", *deleted}});
}

}  // namespace

PlanExpiry::PlanExpiry(meta::MetaStore& meta) : meta_(meta), thread_([this] { run(); }) {}

PlanExpiry::~PlanExpiry() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void PlanExpiry::run() {
  name_this_thread("scheduler");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kInterval, [this] { return stopping_; })) {
    lock.unlock();
    delete_expired(meta_);
    lock.lock();
  }
}

}  // namespace sitepod::app
