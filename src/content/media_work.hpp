// What happens to media without anybody waiting: films become MP4, and what could not be shown is shown. Its work
// stands in rows, so a crash loses none. One thread of low priority.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "content/media_library.hpp"

namespace sitepod::content {

class MediaWork {
 public:
  // `library` outlives it.
  explicit MediaWork(MediaLibrary& library) : library_(library) {}
  ~MediaWork() { stop(); }

  // Requires: called once.
  void start();
  // A film in work is given up; it is begun again by the next run. Nothing runs any more when it returned.
  void stop();
  // There may be something to do.
  void wake();

 private:
  void run();

  MediaLibrary& library_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool is_woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sitepod::content
