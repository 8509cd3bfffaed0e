#include "blob/blob_leases.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sitepod::blob {
namespace {

// 8 MiB: a tenth of a percent of error at 4 million names.
constexpr std::size_t kFilterWords = std::size_t{1} << 20;
constexpr std::size_t kFilterProbes = 4;

// Digests are evenly spread already: their own bits choose the places.
std::array<std::uint32_t, kFilterProbes> places_of(const Digest& name) {
  std::array<std::uint32_t, kFilterProbes> places;
  std::memcpy(places.data(), name.bytes.data(), sizeof places);
  for (std::uint32_t& place : places) place &= kFilterWords * 64 - 1;
  return places;
}

}  // namespace

BlobLeases::Lease& BlobLeases::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  end();
  leases_ = std::exchange(other.leases_, nullptr);
  taken_ = std::move(other.taken_);
  added_ = std::move(other.added_);
  return *this;
}

void BlobLeases::Lease::add(const Digest& name) {
  std::unique_lock lock(leases_->mutex_);
  leases_->changed_.wait(lock, [&] { return !leases_->is_held(name); });
  ++leases_->added_[name];
  if (leases_->watches_ > 0) leases_->remember(name);
  added_.push_back(name);
}

void BlobLeases::Lease::end() {
  if (!leases_) return;
  {
    const std::lock_guard lock(leases_->mutex_);
    if (taken_) std::erase(leases_->taken_, taken_.get());
    for (const Digest& name : added_) {
      const auto found = leases_->added_.find(name);
      if (--found->second == 0) leases_->added_.erase(found);
    }
  }
  leases_->changed_.notify_all();
  leases_ = nullptr;
  taken_.reset();
  added_.clear();
}

BlobLeases::Lease BlobLeases::take(std::vector<Digest> names) {
  Lease taken;
  taken.leases_ = this;
  if (names.empty()) return taken;
  if (!std::is_sorted(names.begin(), names.end())) std::sort(names.begin(), names.end());
  taken.taken_ = std::make_unique<const std::vector<Digest>>(std::move(names));
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !is_any_held(*taken.taken_); });
  taken_.push_back(taken.taken_.get());
  if (watches_ > 0)
    for (const Digest& name : *taken.taken_) remember(name);
  return taken;
}

// Few leases live at once, each with few or very many names: a search in each costs less than a table of all names.
bool BlobLeases::is_leased(const Digest& name) const {
  return added_.contains(name) || std::any_of(taken_.begin(), taken_.end(), [&](const std::vector<Digest>* names) {
           return std::binary_search(names->begin(), names->end(), name);
         });
}

bool BlobLeases::is_any_held(std::span<const Digest> names) const {
  return std::any_of(held_.begin(), held_.end(),
                     [&](const auto& held) { return std::binary_search(names.begin(), names.end(), held.first); });
}

void BlobLeases::remember(const Digest& name) {
  for (const std::uint32_t place : places_of(name)) remembered_[place / 64] |= std::uint64_t{1} << place % 64;
}

bool BlobLeases::is_remembered(const Digest& name) const {
  if (remembered_.empty()) return false;
  const auto places = places_of(name);
  return std::all_of(places.begin(), places.end(),
                     [&](std::uint32_t place) { return remembered_[place / 64] >> place % 64 & 1; });
}

bool BlobLeases::is_used(const Digest& name) const { return is_leased(name) || is_remembered(name); }

BlobLeases::Removal BlobLeases::hold_unused(std::vector<Candidate>& candidates) {
  Removal removal(this);
  const std::lock_guard lock(mutex_);
  std::erase_if(candidates, [&](const Candidate& candidate) {
    if (is_used(candidate.sha256) || is_held(candidate.sha256)) return true;
    if (candidate.blake3 && is_used(*candidate.blake3)) return true;
    return std::any_of(candidate.sources.begin(), candidate.sources.end(),
                       [&](const Digest& source) { return is_used(source); });
  });
  for (const Candidate& candidate : candidates) {
    removal.names_.push_back(candidate.sha256);
    if (candidate.blake3) removal.names_.push_back(*candidate.blake3);
    removal.names_.insert(removal.names_.end(), candidate.sources.begin(), candidate.sources.end());
  }
  for (const Digest& name : removal.names_) ++held_[name];
  return removal;
}

std::optional<BlobLeases::Removal> BlobLeases::hold_when_free(std::span<const Digest> names,
                                                              std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const bool is_free = changed_.wait_for(lock, patience, [&] {
    return std::none_of(names.begin(), names.end(),
                        [&](const Digest& name) { return is_leased(name) || is_held(name); });
  });
  if (!is_free) return std::nullopt;
  Removal removal(this);
  removal.names_.assign(names.begin(), names.end());
  for (const Digest& name : names) ++held_[name];
  return removal;
}

BlobLeases::Removal::~Removal() {
  if (!leases_) return;
  {
    const std::lock_guard lock(leases_->mutex_);
    for (const Digest& name : names_) {
      const auto found = leases_->held_.find(name);
      if (--found->second == 0) leases_->held_.erase(found);
    }
  }
  leases_->changed_.notify_all();
}

BlobLeases::Watch::Watch(BlobLeases& leases) : leases_(leases) {
  const std::lock_guard lock(leases_.mutex_);
  if (leases_.watches_++ > 0) return;
  leases_.remembered_.assign(kFilterWords, 0);
  for (const auto& [name, count] : leases_.added_) leases_.remember(name);
  for (const std::vector<Digest>* names : leases_.taken_)
    for (const Digest& name : *names) leases_.remember(name);
}

BlobLeases::Watch::~Watch() {
  const std::lock_guard lock(leases_.mutex_);
  if (--leases_.watches_ > 0) return;
  leases_.remembered_ = {};
}

}  // namespace sitepod::blob
