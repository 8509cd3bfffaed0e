// Room of the deploy's quota for one upload, held while its body arrives, so that uploads side by side do not store
// together what the quota refuses. A name whose size the plan says needs none: the plan was refused if its sizes were
// too much. Only .cpp files of this room include it. A resource of one thread; blocks.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "deploy/open_plans.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::deploy {

class UploadRoom {
 public:
  // `meta`: where room is taken before it is used, so that it outlives this process; null: only in memory, for members
  // of a pack, which are settled together. All outlive the room. `max_bytes`: of the plan's files together.
  UploadRoom(meta::MetaStore* meta, OpenPlan& plan, std::uint32_t position, std::uint64_t max_bytes);
  UploadRoom(const UploadRoom&) = delete;
  UploadRoom& operator=(const UploadRoom&) = delete;
  // Gives back what was not kept.
  ~UploadRoom();

  // Room for at least so much; more is taken in growing steps when the length is unknown. Error "quota_exceeded".
  Result<void> hold(std::uint64_t bytes);
  // The upload is complete and has this size. Error "quota_exceeded".
  Result<void> keep(std::uint64_t bytes);
  // Whether keep() has counted the name for the first time.
  bool has_counted() const { return has_counted_; }
  // What was kept could not be recorded: its room is free again.
  void take_back();

 private:
  Result<bool> try_to_hold(std::uint64_t bytes);
  Error too_large() const;

  meta::MetaStore* const meta_;
  OpenPlan& plan_;
  const std::uint32_t position_;
  const std::uint64_t max_bytes_;
  const bool is_needed_;
  std::optional<OpenPlan::Reservation> reservation_;
  std::uint64_t held_ = 0;
  bool is_written_ = false;
  bool has_counted_ = false;
};

}  // namespace sitepod::deploy
