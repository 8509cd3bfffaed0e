// The pictures that builds announce for pages (builder::SocialImage): noted in rows, drawn in the background by the
// confined worker, served like media. A picture is made once for what it shows, whatever pages, builds and images name
// it. What is to be done stands in rows, so a crash loses none. One thread of low priority; want() may be called by
// any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/result.hpp"
#include "base/time.hpp"
#include "builder/site.hpp"
#include "content/batch_size.hpp"
#include "content/media_library.hpp"
#include "deploy/deployer.hpp"
#include "media/social_cards.hpp"
#include "meta/meta_store.hpp"
#include "meta/social_images.hpp"

namespace sitepod::content {

class SocialImages {
 public:
  // All outlive it. `folder`: an existing one, for pictures on their way.
  SocialImages(meta::MetaStore& meta, deploy::Deployer& deployer, MediaLibrary& library, std::string folder)
      : meta_(meta), deployer_(deployer), library_(library), folder_(std::move(folder)) {}
  ~SocialImages() { stop(); }

  // These are what the project's newest release names, by path. Those that are new will be made; what it names no more
  // is kept for a month, since older images may be shown again.
  Result<void> want(const meta::Project& project, std::span<const builder::SocialImage> images, Instant now);

  // Requires: called once.
  void start();
  // Nothing runs any more when it returned.
  void stop();

 private:
  struct Change;
  Result<Change> find_change(const std::string& project_id, std::span<const builder::SocialImage> images, Instant now);
  Result<void> write(const std::string& project_id, const Change& change, Instant now);
  void run();
  Result<bool> make_next();
  Result<void> make(const meta::Project& project, const meta::SocialImagesToMake& wanted);
  Result<void> show(const meta::Project& project);

  meta::MetaStore& meta_;
  deploy::Deployer& deployer_;
  MediaLibrary& library_;
  const std::string folder_;
  media::CardPress press_;
  BatchSize at_once_{50};     // less than a second for one run of the worker; of the thread
  std::string last_project_;  // whose turn it was; of the thread

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::unordered_map<std::string, std::uint64_t> noted_;  // by project: a hash of the paths that its rows say
  bool is_woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sitepod::content
