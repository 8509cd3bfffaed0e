#include "publish/recent_images.hpp"

#include <algorithm>

namespace sitepod::publish {
namespace {

constexpr std::int64_t kAskAgainMs = 3'600'000;

}  // namespace

std::size_t RecentImages::room_of(const std::string& project_id) const {
  const auto held = held_.find(project_id);
  return max_bytes_ - std::min(max_bytes_, bytes_ - (held == held_.end() ? 0 : held->second.bytes));
}

void RecentImages::note(const PreparedProject& project) {
  if (const auto before = held_.find(project.live.project_id); before != held_.end()) {
    bytes_ -= before->second.bytes;
    held_.erase(before);
  }
  Held held{0, {INT64_MAX}};
  for (const HostIndexes& host : project.indexes)
    for (const auto& index : host.recent) held.bytes += index->memory_bytes();
  for (const LiveHost& host : project.live.hosts)
    for (const LiveRecent& recent : host.recent)
      held.ends_at = std::min(held.ends_at, Instant{recent.left_at.unix_ms + window_.count()});
  if (held.bytes == 0) return;
  bytes_ += held.bytes;
  next_end_ = std::min(next_end_, held.ends_at);
  held_.emplace(project.live.project_id, held);
}

std::vector<std::string> RecentImages::take_ended(Instant now) {
  std::vector<std::string> ended;
  if (now <= next_end_) return ended;
  next_end_ = {INT64_MAX};
  for (auto& [id, held] : held_) {
    if (now > held.ends_at) {
      ended.push_back(id);
      held.ends_at.unix_ms = now.unix_ms + kAskAgainMs;
    }
    next_end_ = std::min(next_end_, held.ends_at);
  }
  return ended;
}

}  // namespace sitepod::publish
