// Builds of sites: asked for, queued, run, released (content API §8; docs/life-of-a-build.md). What is to be done
// stands in rows, so a crash loses nothing: what ran waits again. Two threads of low priority run builds, each site's
// one at a time; one more waits for the dates of pages. Any thread may call; request() blocks for the database only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "content/site_memories.hpp"
#include "content/site_snapshot.hpp"
#include "deploy/deployer.hpp"
#include "identity/caller.hpp"
#include "meta/builds.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"

namespace sitepod::content {

struct BuildSettings {
  std::int64_t builds_per_month = 1'000;        // of one account, by the API
  std::chrono::seconds cooldown{30};            // from one accepted request of a site to the next
  bool social_images = false;                   // pages without a picture of their own get one that shows their title
  bool live_reload = false;                     // pages reload themselves after a build: `sitepod dev`
  std::chrono::milliseconds patience{600'000};  // a build that takes longer fails
  // A build that failed to keep a date is tried again after this time, then after twice of it, up to the longest.
  std::chrono::milliseconds first_retry{60'000};
  std::chrono::milliseconds longest_retry{3'600'000};
};

class Builds {
 public:
  // How facts become visible: both return when it is so.
  using CompileImage = std::function<Result<void>(std::string_view image_id, const model::Manifest& manifest)>;
  struct Hooks {
    CompileImage compile_image;
    std::function<Result<void>(std::string_view project_id)> publish_project;
    // What the release that visitors see now names.
    std::function<Result<void>(const meta::Project&, const std::vector<builder::SocialImage>&)> want_social_images;
  };

  // `meta` and `deployer` outlive it.
  Builds(meta::MetaStore& meta, deploy::Deployer& deployer, Hooks hooks, BuildSettings settings);
  ~Builds();

  // Takes up what an earlier run left, then whatever is asked for. Requires: called once.
  Result<void> start();
  // Ends after the builds in work. Nothing runs any more when it returned.
  void stop();

  // Where the site will be. Errors: "build_cooldown" (detail "retry_after"), "build_quota_exceeded", Forbidden.
  Result<std::string> request(const meta::Project& project, const identity::Caller& caller, Instant now);
  // The same within somebody's transaction, who calls wake() once it is committed.
  Result<std::string> request(meta::Session& session, const meta::Project& project, const identity::Caller& caller,
                              Instant now) const;
  void wake();

  Result<std::optional<meta::Build>> find_newest(const meta::Project& project);

  // Pages were saved: there may be an earlier date to wait for.
  void look_at_dates();

 private:
  void run_builds();
  void wait_for_dates();
  Result<std::optional<meta::Build>> take_next();
  void run(meta::Build build);
  bool note_ends();
  Result<void> note_end(const meta::Build& build);
  Result<void> plan_retry(meta::Session& session, const meta::Build& build);
  Result<void> build_and_release(meta::Build& build);
  Result<void> queue_due_sites(Instant at);
  std::chrono::milliseconds time_to_next_date(Instant at);
  void report_long_builds();
  struct MadeImage {
    deploy::BuildCommitted committed;
    std::vector<builder::SocialImage> social_images;
  };
  Result<MadeImage> make_image(meta::Build& build, const identity::Caller& caller, const SiteSnapshot& snapshot,
                               deploy::BuildCommit& commit, builder::BuildCache& cache);

  meta::MetaStore& meta_;
  deploy::Deployer& deployer_;
  const Hooks hooks_;
  const BuildSettings settings_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable work_;
  std::condition_variable dates_;
  bool stopping_ = false;
  std::uint64_t requests_ = 0;  // grows with every build that may have begun to wait
  bool dates_changed_ = false;
  std::unordered_map<std::string, Instant> running_;  // by build, until it was reported
  std::vector<meta::Build> ended_;                    // whose rows do not say so yet
  SiteMemories memories_;
  std::vector<std::thread> threads_;
};

}  // namespace sitepod::content
