#include "app/housekeeping.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "base/time.hpp"
#include "deploy/cleanup.hpp"
#include "meta/records.hpp"

namespace sitepod::app {
namespace {

constexpr std::chrono::seconds kCleanupInterval{3600};
// When the last collection began, so that restarts neither repeat it nor put it off for ever.
constexpr std::string_view kCollectedAt = "gc_started_at";

}  // namespace

Housekeeping::Housekeeping(meta::MetaStore& meta, deploy::Collector& collector, deploy::Purger& purger, Publish publish,
                           std::function<Result<void>()> publish_changes,
                           std::optional<std::chrono::seconds> gc_interval)
    : meta_(meta),
      collector_(collector),
      purger_(purger),
      publish_(std::move(publish)),
      publish_changes_(std::move(publish_changes)),
      gc_interval_(gc_interval),
      thread_([this] { run(); }) {}

Housekeeping::~Housekeeping() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  collector_.stop();
  wake_.notify_all();
  thread_.join();
}

void Housekeeping::run() {
  name_this_thread("housekeeping");
  const std::chrono::seconds interval = std::min(kCleanupInterval, gc_interval_.value_or(kCleanupInterval));
  finish_purges();
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval, [this] { return stopping_; })) {
    lock.unlock();
    finish_purges();
    delete_expired();
    end_recent_images();
    if (is_collection_due()) collect();
    lock.lock();
  }
}

void Housekeeping::finish_purges() {
  if (const Result<void> resumed = purger_.resume_unfinished(now()); !resumed.ok())
    log::error("could not go on with a purge", {{"reason", resumed.error().context}});
}

void Housekeeping::delete_expired() {
  const Result<deploy::CleanupReport> report = deploy::delete_expired(meta_, now());
  if (!report.ok()) return log::warn("could not delete what has expired", {{"reason", report.error().context}});
  for (const std::string& project : report->projects)
    if (Result<void> published = publish_(project); !published.ok())
      log::warn("could not publish a project without its expired previews",
                {{"project", project}, {"reason", published.error().context}});
}

// Every publication ends them; on a quiet server nobody else asks for one.
void Housekeeping::end_recent_images() {
  if (const Result<void> published = publish_changes_(); !published.ok())
    log::warn("could not look for images whose time is over", {{"reason", published.error().context}});
}

bool Housekeeping::is_collection_due() {
  if (!gc_interval_) return false;
  const auto last = meta_.read([](meta::Session& session) { return meta::find_setting(session, kCollectedAt); });
  if (!last.ok()) {
    log::warn("could not find out when garbage was last collected", {{"reason", last.error().context}});
    return false;
  }
  const std::optional<Instant> at = parse_rfc3339(last->value_or(""));
  return !at || now().unix_ms - at->unix_ms >= std::chrono::milliseconds(*gc_interval_).count();
}

void Housekeeping::collect() {
  const Instant start = now();
  const auto noted =
      meta_.write([&](meta::Session& session) { return meta::put_setting(session, kCollectedAt, to_rfc3339(start)); });
  if (!noted.ok()) return log::warn("could not note a collection", {{"reason", noted.error().context}});
  // What goes wrong is in the log already.
  collector_.collect({}, start);
}

}  // namespace sitepod::app
