// What builds keep of sites from one build to the next, all of them together within a bound: of whoever was built
// longest ago nothing is kept. Losing it costs time only. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "builder/site.hpp"
#include "content/page_shelf.hpp"

namespace sitepod::content {

struct SiteMemory {
  PageShelf pages;
  builder::BuildCache cache;
};

class SiteMemories {
 public:
  explicit SiteMemories(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  // The site's own, or a fresh one. While somebody holds it others get a fresh one.
  std::unique_ptr<SiteMemory> take(const std::string& project_id);
  void keep(const std::string& project_id, std::unique_ptr<SiteMemory> memory);

 private:
  struct Kept {
    std::unique_ptr<SiteMemory> memory;
    std::size_t bytes = 0;
    std::uint64_t kept_at = 0;  // grows
  };
  const std::size_t max_bytes_;
  std::mutex mutex_;                            // guards what follows
  std::unordered_map<std::string, Kept> kept_;  // by project
  std::size_t bytes_ = 0;
  std::uint64_t last_kept_ = 0;
};

}  // namespace sitepod::content
