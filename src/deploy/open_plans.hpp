// Plans that are being uploaded to, kept in memory so that 10,000 single uploads do not read the plan's row 10,000
// times, and the upload slots of each. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "deploy/plan_entries.hpp"
#include "meta/records.hpp"

namespace sitepod::deploy {

class OpenPlan {
 public:
  OpenPlan(meta::Plan head, meta::Project project, std::shared_ptr<const PlanEntries> entries);

  const meta::Plan& head() const { return head_; }  // without its entries; expires_at as it was when loaded
  const meta::Project& project() const { return project_; }
  const std::shared_ptr<const PlanEntries>& entries() const { return entries_; }
  std::size_t memory_bytes() const;

  Instant expires_at() const { return {expires_at_ms_.load()}; }
  // True for one caller per `renew_every`: that one must write the new expiry.
  bool take_renewal(Instant now, std::chrono::milliseconds lifetime);

  // One of the plan's upload slots, for as long as it lives.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : plan_(std::move(other.plan_)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    friend class OpenPlan;
    explicit Slot(std::shared_ptr<OpenPlan> plan) : plan_(std::move(plan)) {}
    std::shared_ptr<OpenPlan> plan_;
  };
  // Waits while `limit` uploads run; RateLimited with detail "retry_after" when patience ends.
  static Result<Slot> take_slot(std::shared_ptr<OpenPlan> plan, std::size_t limit, std::chrono::milliseconds patience);

  // Whether the plan says how large the files of this name are.
  bool is_declared(std::uint32_t position);
  // What all files whose size it does not say may have together, of this much for all.
  std::uint64_t undeclared_limit(std::uint64_t limit);
  // What was stored before the plan was loaded.
  void restore_count(std::uint32_t position, std::uint64_t size);

  enum class Count : std::uint8_t { New, Again, OverLimit };
  // Counts the bytes of the name at `position` towards the deploy's quota, once however often they come.
  Count count_bytes(std::uint32_t position, std::uint64_t size, std::uint64_t limit);
  // What was counted as new was not stored after all. With a twin under way it stays: that one found it counted.
  void uncount(std::uint32_t position);

  // Room of the deploy's quota for one upload whose length is known, taken before its body is read, so that uploads
  // side by side do not store together what the quota refuses; given back at its end. Twins share their room.
  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept
        : plan_(std::exchange(other.plan_, nullptr)), position_(other.position_), size_(other.size_) {}
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation() { release(); }
    // At least so much. False: over `limit`; what there was stays.
    bool extend(std::uint64_t size, std::uint64_t limit);
    // Only so much after all.
    void shrink(std::uint64_t size);
    // True: this was the last one of its name, and nothing of the name was counted.
    bool release();

   private:
    friend class OpenPlan;
    Reservation(OpenPlan* plan, std::uint32_t position, std::uint64_t size)
        : plan_(plan), position_(position), size_(size) {}
    OpenPlan* plan_ = nullptr;
    std::uint32_t position_ = 0;
    std::uint64_t size_ = 0;
  };
  // Nothing: over `limit`. The plan outlives the reservation.
  std::optional<Reservation> reserve(std::uint32_t position, std::uint64_t size, std::uint64_t limit);

  // Held while a commit of this plan runs: the second of two would only repeat the work.
  std::mutex& commit_mutex() { return commit_mutex_; }
  // What commits of this plan have taken from the bucket's staging, to be removed there once its image is made.
  // Requires: commit_mutex() is held.
  std::vector<Digest>& taken_from_staging() { return taken_from_staging_; }

 private:
  const meta::Plan head_;
  const meta::Project project_;
  const std::shared_ptr<const PlanEntries> entries_;
  std::atomic<std::int64_t> expires_at_ms_;
  std::atomic<std::int64_t> renewed_at_ms_;
  std::mutex commit_mutex_;  // guards taken_from_staging_
  std::vector<Digest> taken_from_staging_;

  std::mutex mutex_;  // guards the rest
  std::condition_variable slot_freed_;
  std::size_t slots_taken_ = 0;
  std::vector<std::uint64_t> counted_;  // size + 1 by position; 0: not counted
  std::uint64_t counted_total_ = 0;
  struct Reserved {
    std::uint64_t size = 0;               // the largest of `wanted`; 0 once the name is counted
    std::multiset<std::uint64_t> wanted;  // by each upload of the name
  };
  // Requires, all three: the lock is held.
  bool has_room(std::uint32_t position, std::uint64_t size, std::uint64_t limit) const;
  void replace_wanted(std::uint32_t position, std::uint64_t before, std::uint64_t after);
  void settle(std::uint32_t position, Reserved& reserved);
  std::unordered_map<std::uint32_t, Reserved> reserved_;  // by position
  std::uint64_t reserved_total_ = 0;

  // Found out by the first upload, constant from then on.
  void look_at_sizes();
  std::once_flag looked_at_sizes_;
  bool declares_all_ = true;
  std::uint64_t declared_total_ = 0;  // where it does not declare all
};

class OpenPlans {
 public:
  explicit OpenPlans(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Null when it is not in memory.
  std::shared_ptr<OpenPlan> find(const std::string& id);
  // Keeps the plan; when another thread was faster, yields that one. Plans in use are never dropped, so there is at
  // most one OpenPlan per id.
  std::shared_ptr<OpenPlan> keep(std::shared_ptr<OpenPlan> plan);
  void forget(const std::string& id);
  void forget_project(std::string_view project_id);

 private:
  void shrink();

  const std::size_t max_bytes_;
  std::mutex mutex_;                             // guards the rest
  std::list<std::shared_ptr<OpenPlan>> recent_;  // most recently used first
  std::unordered_map<std::string, std::list<std::shared_ptr<OpenPlan>>::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace sitepod::deploy
