#include "meta/write_queue.hpp"

#include "base/check.hpp"
#include "base/log.hpp"
#include "base/thread_pool.hpp"

namespace sitepod::meta {
namespace {

// Bounds how long the first caller of a batch waits for the work of the others.
constexpr std::size_t kMaxBatch = 256;
// About 4 MiB of log. Longer logs make readers slower, more frequent checkpoints cost fsyncs.
constexpr int kCheckpointFrames = 1000;

Error refused_after_failed_sync() {
  return unavailable("The server cannot store changes until it is restarted.")
      .with("an earlier fsync of the database failed");
}

}  // namespace

struct WriteQueue::Job {
  const std::function<bool(Session&)>& work;
  std::mutex mutex = {};  // guards result and done
  std::condition_variable answered = {};
  Result<void> result = {};
  bool done = false;
};

WriteQueue::WriteQueue(std::unique_ptr<SqliteConnection> connection, DatabaseStamp stamp)
    : connection_(std::move(connection)), stamp_(std::move(stamp)) {
  thread_ = std::thread([this] { loop(); });
}

WriteQueue::~WriteQueue() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

Result<void> WriteQueue::run(const std::function<bool(Session&)>& work) {
  SITEPOD_CHECK(std::this_thread::get_id() != thread_.get_id());  // a write inside a write would wait for itself
  Job job{work};
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(&job);
  }
  arrived_.notify_one();
  std::unique_lock lock(job.mutex);
  job.answered.wait(lock, [&] { return job.done; });
  return std::move(job.result);
}

void WriteQueue::loop() {
  name_this_thread("meta-writer");
  while (take_batch()) {
    run_batch();
    checkpoint_when_long();
  }
}

bool WriteQueue::take_batch() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
  for (; !waiting_.empty() && batch_.size() < kMaxBatch; waiting_.pop_front()) batch_.push_back(waiting_.front());
  return !batch_.empty();
}

void WriteQueue::run_batch() {
  while (!batch_.empty()) {
    if (is_degraded()) return wake_batch(refused_after_failed_sync());
    auto began = connection_->execute("BEGIN IMMEDIATE");
    if (!began.ok()) return wake_batch(std::move(began).error().with("beginning a write"));
    if (run_jobs()) return wake_batch(commit());
    // The job that lost the transaction was answered and taken out; the others get another try without it.
  }
}

// Runs every job of the batch. False: one of them lost the transaction; it is answered and out of the batch, nothing is
// kept.
bool WriteQueue::run_jobs() {
  for (auto job = batch_.begin(); job != batch_.end(); ++job) {
    auto lost = run_job(**job);
    if (!lost) continue;
    give_up_transaction();
    wake(**job, *std::move(lost));
    batch_.erase(job);
    return false;
  }
  return true;
}

// Nothing: the transaction goes on, with the job's changes or without them. Otherwise the job's answer; SQLite gives
// the whole transaction up on a full disk or a failed read or write.
std::optional<Result<void>> WriteQueue::run_job(Job& job) {
  auto opened = connection_->execute("SAVEPOINT job");
  if (!opened.ok()) return std::move(opened).error();
  bool is_kept = job.work(*connection_);
  if (!connection_->is_in_transaction())
    return is_kept ? Result<void>(internal("a write went on although its transaction was lost")) : Result<void>();
  if (!is_kept) {
    auto undone = connection_->execute("ROLLBACK TO job");
    if (!undone.ok()) return std::move(undone).error();
  }
  auto closed = connection_->execute("RELEASE job");
  if (!closed.ok()) return std::move(closed).error();
  return std::nullopt;
}

Result<void> WriteQueue::commit() {
  auto committed = connection_->execute("COMMIT");
  failing_.store(!committed.ok(), std::memory_order_relaxed);
  if (committed.ok()) return {};
  give_up_transaction();
  Error error = std::move(committed).error().with("committing");
  return is_degraded() ? refused_after_failed_sync().with(error.context) : std::move(error);
}

void WriteQueue::give_up_transaction() {
  if (is_failed_sync(connection_->last_code())) {
    degraded_ = true;
    log::error("an fsync of the database failed; no more writes until the server is restarted",
               {{"code", connection_->last_code()}});
  }
  if (!connection_->is_in_transaction()) return;
  auto rolled_back = connection_->execute("ROLLBACK");
  if (!rolled_back.ok()) log::error("a transaction cannot be rolled back", {{"cause", rolled_back.error().context}});
}

void WriteQueue::wake(Job& job, Result<void> result) {
  std::lock_guard lock(job.mutex);
  job.result = std::move(result);
  job.done = true;
  // Under the lock: once it is free, the caller may return and take the job with it.
  job.answered.notify_one();
}

void WriteQueue::wake_batch(const Result<void>& result) {
  for (Job* job : batch_) wake(*job, result);
  batch_.clear();
}

// After the callers have their answers, so that none of them waits for it.
void WriteQueue::checkpoint_when_long() {
  if (connection_->log_frames() < kCheckpointFrames || is_degraded()) return;
  auto moved = connection_->checkpoint();
  if (moved.ok()) return stamp_.renew(*connection_);
  log::error("the database's log cannot be moved into its file", {{"cause", moved.error().context}});
  if (is_failed_sync(connection_->last_code())) degraded_ = true;
}

}  // namespace sitepod::meta
