#include "deploy/open_plans.hpp"

#include <algorithm>

namespace sitepod::deploy {
namespace {

// The expiry on disk lags behind at most so much, of a lifetime of 24 hours.
constexpr std::int64_t kRenewEveryMs = 60'000;

// Of the files of the name at `position`.
std::optional<std::uint64_t> declared_size(const PlanEntries& entries, std::uint32_t position) {
  for (const std::uint32_t same : entries.find_name(entries.at(position).name))
    if (const std::optional<std::uint64_t> size = entries.at(same).size) return size;
  return std::nullopt;
}

}  // namespace

OpenPlan::OpenPlan(meta::Plan head, meta::Project project, std::shared_ptr<const PlanEntries> entries)
    : head_(std::move(head)),
      project_(std::move(project)),
      entries_(std::move(entries)),
      expires_at_ms_(head_.expires_at.unix_ms),
      renewed_at_ms_(head_.created_at.unix_ms),
      counted_(entries_->size()) {}

void OpenPlan::look_at_sizes() {
  const PlanEntries& entries = *entries_;
  for (std::size_t i = 0; i < entries.size() && declares_all_; ++i) declares_all_ = entries.at(i).size.has_value();
  if (declares_all_) return;
  for (const std::uint32_t first : entries.distinct_names())
    if (const auto size = declared_size(entries, first)) declared_total_ += *size;
}

bool OpenPlan::is_declared(std::uint32_t position) {
  std::call_once(looked_at_sizes_, [this] { look_at_sizes(); });
  return declares_all_ || declared_size(*entries_, position).has_value();
}

std::uint64_t OpenPlan::undeclared_limit(std::uint64_t limit) {
  std::call_once(looked_at_sizes_, [this] { look_at_sizes(); });
  return limit > declared_total_ ? limit - declared_total_ : 0;
}

void OpenPlan::restore_count(std::uint32_t position, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (counted_[position] != 0) return;
  counted_[position] = size + 1;
  counted_total_ += size;
}

std::size_t OpenPlan::memory_bytes() const {
  return sizeof *this + entries_->memory_bytes() + counted_.size() * sizeof(std::uint64_t) + 512;
}

bool OpenPlan::take_renewal(Instant now, std::chrono::milliseconds lifetime) {
  std::int64_t renewed = renewed_at_ms_.load();
  if (now.unix_ms - renewed < kRenewEveryMs) return false;
  if (!renewed_at_ms_.compare_exchange_strong(renewed, now.unix_ms)) return false;
  expires_at_ms_.store(now.unix_ms + lifetime.count());
  return true;
}

OpenPlan::Slot::~Slot() {
  if (!plan_) return;
  const std::lock_guard lock(plan_->mutex_);
  --plan_->slots_taken_;
  plan_->slot_freed_.notify_one();
}

Result<OpenPlan::Slot> OpenPlan::take_slot(std::shared_ptr<OpenPlan> plan, std::size_t limit,
                                           std::chrono::milliseconds patience) {
  std::unique_lock lock(plan->mutex_);
  const bool is_free = plan->slot_freed_.wait_for(lock, patience, [&] { return plan->slots_taken_ < limit; });
  if (!is_free)
    return Error{ErrorKind::RateLimited, "rate_limited", "Too many uploads of this plan run at once.", {}, {}}.detail(
        "retry_after", "5");
  ++plan->slots_taken_;
  lock.unlock();
  return Slot(std::move(plan));
}

OpenPlan::Count OpenPlan::count_bytes(std::uint32_t position, std::uint64_t size, std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  if (counted_[position] != 0) return Count::Again;
  // Its own reservation is not somebody else's.
  const auto reserved = reserved_.find(position);
  const std::uint64_t own = reserved == reserved_.end() ? 0 : reserved->second.size;
  if (size > limit || counted_total_ + reserved_total_ - own > limit - size) return Count::OverLimit;
  counted_[position] = size + 1;
  counted_total_ += size;
  // What is counted needs no room kept any more; the twins that still run find it counted.
  if (reserved != reserved_.end()) settle(position, reserved->second);
  return Count::New;
}

void OpenPlan::uncount(std::uint32_t position) {
  const std::lock_guard lock(mutex_);
  const auto reserved = reserved_.find(position);
  if (counted_[position] == 0 || (reserved != reserved_.end() && reserved->second.wanted.size() > 1)) return;
  counted_total_ -= counted_[position] - 1;
  counted_[position] = 0;
  if (reserved != reserved_.end()) settle(position, reserved->second);
}

std::optional<OpenPlan::Reservation> OpenPlan::reserve(std::uint32_t position, std::uint64_t size,
                                                       std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  if (!has_room(position, size, limit)) return std::nullopt;
  Reserved& reserved = reserved_[position];
  reserved.wanted.insert(size);
  settle(position, reserved);
  return Reservation(this, position, size);
}

bool OpenPlan::has_room(std::uint32_t position, std::uint64_t size, std::uint64_t limit) const {
  if (counted_[position] != 0) return true;
  const auto reserved = reserved_.find(position);
  const std::uint64_t held = reserved == reserved_.end() ? 0 : reserved->second.size;
  const std::uint64_t more = size > held ? size - held : 0;
  return more <= limit && counted_total_ + reserved_total_ <= limit - more;
}

void OpenPlan::replace_wanted(std::uint32_t position, std::uint64_t before, std::uint64_t after) {
  Reserved& reserved = reserved_.at(position);
  reserved.wanted.erase(reserved.wanted.find(before));
  reserved.wanted.insert(after);
  settle(position, reserved);
}

void OpenPlan::settle(std::uint32_t position, Reserved& reserved) {
  reserved_total_ -= reserved.size;
  reserved.size = counted_[position] != 0 || reserved.wanted.empty() ? 0 : *reserved.wanted.rbegin();
  reserved_total_ += reserved.size;
}

bool OpenPlan::Reservation::extend(std::uint64_t size, std::uint64_t limit) {
  const std::lock_guard lock(plan_->mutex_);
  if (!plan_->has_room(position_, size, limit)) return false;
  plan_->replace_wanted(position_, size_, std::max(size, size_));
  size_ = std::max(size, size_);
  return true;
}

void OpenPlan::Reservation::shrink(std::uint64_t size) {
  const std::lock_guard lock(plan_->mutex_);
  plan_->replace_wanted(position_, size_, size);
  size_ = size;
}

bool OpenPlan::Reservation::release() {
  OpenPlan* const plan = std::exchange(plan_, nullptr);
  if (!plan) return false;
  const std::lock_guard lock(plan->mutex_);
  const auto reserved = plan->reserved_.find(position_);
  reserved->second.wanted.erase(reserved->second.wanted.find(size_));
  plan->settle(position_, reserved->second);
  if (!reserved->second.wanted.empty()) return false;
  plan->reserved_.erase(reserved);
  return plan->counted_[position_] == 0;
}

std::shared_ptr<OpenPlan> OpenPlans::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return recent_.front();
}

std::shared_ptr<OpenPlan> OpenPlans::keep(std::shared_ptr<OpenPlan> plan) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(plan->head().id);
  if (found != by_id_.end()) return *found->second;
  recent_.push_front(std::move(plan));
  by_id_.emplace(recent_.front()->head().id, recent_.begin());
  bytes_ += recent_.front()->memory_bytes();
  std::shared_ptr<OpenPlan> kept = recent_.front();
  shrink();
  return kept;
}

void OpenPlans::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  bytes_ -= (*found->second)->memory_bytes();
  recent_.erase(found->second);
  by_id_.erase(found);
}

void OpenPlans::forget_project(std::string_view project_id) {
  const std::lock_guard lock(mutex_);
  for (auto plan = recent_.begin(); plan != recent_.end();) {
    const auto next = std::next(plan);
    if ((*plan)->project().id == project_id) {
      bytes_ -= (*plan)->memory_bytes();
      by_id_.erase((*plan)->head().id);
      recent_.erase(plan);
    }
    plan = next;
  }
}

void OpenPlans::shrink() {
  auto oldest = recent_.end();
  while (bytes_ > max_bytes_ && oldest != recent_.begin()) {
    --oldest;
    if (oldest->use_count() > 1) continue;  // in use: a second OpenPlan of the same id would have slots of its own
    bytes_ -= (*oldest)->memory_bytes();
    by_id_.erase((*oldest)->head().id);
    oldest = recent_.erase(oldest);
  }
}

}  // namespace sitepod::deploy
