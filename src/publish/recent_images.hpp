// How long, and how many, images of the past are kept open beside the live ones: each project's newest, for as long as
// the setting says, within one bound of memory for the whole server. Belongs to the publisher's thread, but for rule().
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "meta/recent_images.hpp"
#include "publish/host_changes.hpp"

namespace sitepod::publish {

// Of all sites together. A mapped index counts as 64 KiB, so these are at most 8,192 mappings, of 65,530 that Linux
// allows a process.
inline constexpr std::size_t kMaxRecentBytes = std::size_t{512} << 20;

class RecentImages {
 public:
  // A window of zero: there are none.
  explicit RecentImages(std::chrono::milliseconds window, std::size_t max_bytes = kMaxRecentBytes)
      : window_(window), max_bytes_(max_bytes) {}

  // Which images of the past count at this instant. Any thread.
  meta::RecentRule rule(Instant now) const { return meta::RecentRule::of_last(window_, now); }

  // How many bytes the images of this project may take.
  std::size_t room_of(const std::string& project_id) const;
  // The project went live so.
  void note(const PreparedProject& project);
  // Projects that show an image whose time is over. Asked again soon, it does not name them again: one that cannot be
  // published must not be tried with every publication.
  std::vector<std::string> take_ended(Instant now);

 private:
  struct Held {
    std::size_t bytes = 0;
    Instant ends_at;  // the first of them
  };

  const std::chrono::milliseconds window_;
  const std::size_t max_bytes_;
  std::unordered_map<std::string, Held> held_;  // by project; those without such images are not in it
  std::size_t bytes_ = 0;
  Instant next_end_{INT64_MAX};  // not later than any of held_
};

}  // namespace sitepod::publish
