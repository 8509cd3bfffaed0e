#include "content/media_work.hpp"

#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "content/low_priority.hpp"

namespace sitepod::content {
namespace {

constexpr std::chrono::seconds kLongestWait{60};

}  // namespace

void MediaWork::start() {
  thread_ = std::thread([this] { run(); });
}

void MediaWork::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  library_.stop_processing();
  if (thread_.joinable()) thread_.join();
}

void MediaWork::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  wake_.notify_all();
}

void MediaWork::run() {
  name_this_thread("media");
  lower_priority();
  for (;;) {
    if (auto shown = library_.show_what_is_left(now()); !shown.ok())
      log::warn("media are saved and not shown yet; it is tried again", {{"reason", shown.error().message}});
    Result<bool> processed = library_.process_next_film(now());
    if (!processed.ok()) log::error("could not look after films", {{"reason", processed.error().context}});
    std::unique_lock lock(mutex_);
    const bool is_more = processed.ok() && *processed;
    if (!is_more) wake_.wait_for(lock, kLongestWait, [this] { return stopping_ || is_woken_; });
    if (stopping_) return;
    is_woken_ = false;
  }
}

}  // namespace sitepod::content
