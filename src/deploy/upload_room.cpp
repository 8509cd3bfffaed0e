#include "deploy/upload_room.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "deploy/deployer_state.hpp"
#include "meta/plan_room.hpp"

namespace sitepod::deploy {
namespace {

// Of a body whose length nobody knows.
constexpr std::uint64_t kFirstStepBytes = 1 << 20;

}  // namespace

UploadRoom::UploadRoom(meta::MetaStore* meta, OpenPlan& plan, std::uint32_t position, std::uint64_t max_bytes)
    : meta_(meta), plan_(plan), position_(position), max_bytes_(max_bytes), is_needed_(!plan.is_declared(position)) {}

UploadRoom::~UploadRoom() {
  if (!reservation_ || !reservation_->release() || !is_written_) return;
  const Result<void> given = meta_->write([&](meta::Session& session) {
    return meta::give_plan_room(session, plan_.head().id, plan_.entries()->at(position_).name);
  });
  // It is given back when the plan is loaded again.
  if (!given.ok()) log::warn("room of a plan was not given back", {{"cause", given.error().context}});
}

Error UploadRoom::too_large() const {
  return quota_exceeded("The deploy is larger than " + std::to_string(max_bytes_) + " bytes.");
}

Result<void> UploadRoom::hold(std::uint64_t bytes) {
  if (!is_needed_ || (reservation_ && bytes <= held_)) return {};
  const std::uint64_t step = std::max({bytes, 2 * held_, held_ > 0 ? kFirstStepBytes : bytes});
  if (step > bytes && SITEPOD_TRY(try_to_hold(step))) return {};
  if (!SITEPOD_TRY(try_to_hold(bytes))) return too_large();
  return {};
}

Result<bool> UploadRoom::try_to_hold(std::uint64_t bytes) {
  const std::uint64_t limit = plan_.undeclared_limit(max_bytes_);
  if (reservation_) {
    if (!reservation_->extend(bytes, limit)) return false;
  } else {
    auto reserved = plan_.reserve(position_, bytes, limit);
    if (!reserved) return false;
    reservation_.emplace(*std::move(reserved));
  }
  if (meta_) {
    const Result<bool> has_room = meta_->write([&](meta::Session& session) -> Result<bool> {
      const std::string& id = plan_.head().id;
      if (SITEPOD_TRY(meta::take_plan_room(session, id, plan_.entries()->at(position_).name, bytes, limit)))
        return true;
      // A plan that was deleted meanwhile has no room either.
      if (!SITEPOD_TRY(meta::find_plan_head(session, id))) return plan_not_found();
      return false;
    });
    // Memory holds no more than the rows: others may have it.
    if (!has_room.ok() || !*has_room) reservation_->shrink(held_);
    if (!has_room.ok() || !*has_room) return has_room;
    is_written_ = true;
  }
  held_ = bytes;
  return true;
}

Result<void> UploadRoom::keep(std::uint64_t bytes) {
  if (!is_needed_) return {};
  const OpenPlan::Count count = plan_.count_bytes(position_, bytes, plan_.undeclared_limit(max_bytes_));
  if (count == OpenPlan::Count::OverLimit) return too_large();
  has_counted_ = count == OpenPlan::Count::New;
  return {};
}

void UploadRoom::take_back() {
  if (std::exchange(has_counted_, false)) plan_.uncount(position_);
}

}  // namespace sitepod::deploy
