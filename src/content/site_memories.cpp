#include "content/site_memories.hpp"

#include <algorithm>
#include <vector>

namespace sitepod::content {

std::unique_ptr<SiteMemory> SiteMemories::take(const std::string& project_id) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(project_id);
  if (found == kept_.end()) return std::make_unique<SiteMemory>();
  bytes_ -= found->second.bytes;
  std::unique_ptr<SiteMemory> memory = std::move(found->second.memory);
  kept_.erase(found);
  return memory;
}

void SiteMemories::keep(const std::string& project_id, std::unique_ptr<SiteMemory> memory) {
  // The pages are shared with the build; what does not fit alone is not kept.
  const std::size_t bytes = memory->cache.weight();
  std::vector<std::unique_ptr<SiteMemory>> dropped;  // outside the lock: freeing them takes a while
  const std::lock_guard lock(mutex_);
  if (bytes == 0 || bytes > max_bytes_) return;
  while (bytes_ + bytes > max_bytes_) {
    const auto oldest = std::min_element(
        kept_.begin(), kept_.end(), [](const auto& a, const auto& b) { return a.second.kept_at < b.second.kept_at; });
    bytes_ -= oldest->second.bytes;
    dropped.push_back(std::move(oldest->second.memory));
    kept_.erase(oldest);
  }
  Kept& kept = kept_[project_id];
  bytes_ = bytes_ - kept.bytes + bytes;
  kept = {std::move(memory), bytes, ++last_kept_};
}

}  // namespace sitepod::content
