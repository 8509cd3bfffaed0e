#include "app/store_counts.hpp"

#include <algorithm>
#include <chrono>

#include "base/log.hpp"
#include "base/thread_pool.hpp"

namespace sitepod::app {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLeastPause = 2s;
// However large the store, counting takes at most this share of a thread.
constexpr int kPausePerWork = 200;

}  // namespace

StoreCounts::StoreCounts(meta::MetaStore& meta) : meta_(meta), thread_([this] { run(); }) {}

StoreCounts::~StoreCounts() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

meta::Totals StoreCounts::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

void StoreCounts::run() {
  name_this_thread("store-counts");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const auto start = std::chrono::steady_clock::now();
    const auto counted = meta_.read([](meta::Session& session) { return meta::count_totals(session); });
    const auto work = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    if (!counted.ok()) log::warn("could not count what the store holds", {{"reason", counted.error().context}});
    lock.lock();
    if (counted.ok()) latest_ = *counted;
    wake_.wait_for(lock, std::max(kLeastPause, work * kPausePerWork), [this] { return stopping_; });
  }
}

}  // namespace sitepod::app
