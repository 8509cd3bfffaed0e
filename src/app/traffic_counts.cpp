#include "app/traffic_counts.hpp"

#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "base/time.hpp"
#include "deploy/traffic.hpp"

namespace sitepod::app {
namespace {

constexpr std::chrono::seconds kInterval{2};

}  // namespace

TrafficCounts::TrafficCounts(meta::MetaStore& meta, publish::Publisher& publisher, const serve::DataPlane& data_plane)
    : meta_(meta), publisher_(publisher), data_plane_(data_plane), month_(meta::month_of(now())), thread_([this] {
        run();
      }) {}

TrafficCounts::~TrafficCounts() { stop(); }

void TrafficCounts::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  count();
}

void TrafficCounts::run() {
  name_this_thread("traffic");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kInterval, [this] { return stopping_; })) {
    lock.unlock();
    count();
    lock.lock();
  }
}

// A month begins also where the last bytes could not be counted: they count with the next ones.
void TrafficCounts::count() {
  const Instant time = now();
  fold(time);
  follow_months(time);
}

void TrafficCounts::fold(Instant time) {
  publisher_.append_metered_projects(projects_);
  std::vector<std::uint64_t> sums(projects_.size());
  data_plane_.add_sent_bytes(sums);
  counted_.resize(projects_.size());
  std::vector<deploy::SentBytes> sent;
  for (std::size_t i = 0; i < sums.size(); ++i)
    if (sums[i] > counted_[i]) sent.push_back({projects_[i], sums[i] - counted_[i]});
  const auto restricted = deploy::count_traffic(meta_, sent, time);
  if (!restricted.ok())
    return log::warn("could not count what sites have sent", {{"reason", restricted.error().context}});
  counted_ = std::move(sums);
  publish(*restricted);
}

void TrafficCounts::follow_months(Instant time) {
  const std::int64_t month = meta::month_of(time);
  if (month == month_) return;
  const auto freed = deploy::begin_month(meta_, time);
  if (!freed.ok()) return log::warn("could not begin a month of traffic", {{"reason", freed.error().context}});
  month_ = month;
  publish(*freed);
}

void TrafficCounts::publish(const std::vector<std::string>& project_ids) {
  for (const std::string& id : project_ids)
    // The change stands in the feed: the project's next publication shows it.
    if (auto published = publisher_.publish_project(id); !published.ok())
      log::warn("could not show what a project's traffic demands",
                {{"project", id}, {"reason", published.error().context}});
}

}  // namespace sitepod::app
