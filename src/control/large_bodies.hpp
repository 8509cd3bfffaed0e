// How many large bodies are held in memory at once: each may take a hundred megabytes. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "base/result.hpp"
#include "http/limits.hpp"

namespace sitepod::control {

class LargeBodies {
 public:
  // The right to hold one, for as long as it lives.
  class Place {
   public:
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (!owner_) return;
      const std::lock_guard lock(owner_->mutex_);
      --owner_->taken_;
    }

   private:
    friend class LargeBodies;
    explicit Place(LargeBodies* owner) : owner_(owner) {}
    LargeBodies* owner_;
  };
  // Requires: `place` has none. Unavailable: there are as many as may be.
  Result<void> take_into(std::optional<Place>& place) {
    const std::lock_guard lock(mutex_);
    if (taken_ >= http::kLargeBodiesAtOnce)
      return unavailable("the server is busy with other large requests, try again shortly");
    ++taken_;
    place.emplace(Place(this));
    return {};
  }

 private:
  std::mutex mutex_;  // guards taken_
  std::size_t taken_ = 0;
};

}  // namespace sitepod::control
