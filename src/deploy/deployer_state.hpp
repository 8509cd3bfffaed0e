// What the parts of the Deployer share. Only .cpp files of this room include it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "deploy/content_hash.hpp"
#include "deploy/deployer.hpp"
#include "deploy/open_plans.hpp"
#include "meta/collection.hpp"

namespace sitepod::deploy {

// What the newest images of built sites name, so that the next build need not read their manifests. Bounded: when it is
// full it begins anew. Any thread.
class NewestImages {
 public:
  using Blobs = std::shared_ptr<const std::vector<Digest>>;  // ascending
  // Null: not known.
  Blobs find(const std::string& project_id, std::string_view image_id) const;
  void keep(const std::string& project_id, std::string_view image_id, Blobs blobs);

 private:
  struct Kept {
    std::string image_id;
    Blobs blobs;
  };
  mutable std::mutex mutex_;                    // guards what follows
  std::unordered_map<std::string, Kept> kept_;  // by project
  std::size_t digests_ = 0;
};

struct Deployer::State {
  meta::MetaStore& meta;
  blob::BlobStore& blobs;
  Encoder& encoder;
  DeploySettings settings;
  OpenPlans open_plans;
  NewestImages newest_images = {};

  // A plan that still takes uploads and that the caller may use. Errors: plan_not_found, Forbidden, plan_expired,
  // invalid_request.
  Result<std::shared_ptr<OpenPlan>> open_plan(const identity::Caller& caller, std::string_view plan_id, Instant now);
  // The same without asking who or whether it is still open; loads it when it is not in memory.
  Result<std::shared_ptr<OpenPlan>> load_plan(std::string_view plan_id);

  // What the account has of a plan's names; absent: to be uploaded.
  struct Presence {
    std::vector<std::uint32_t> positions;  // entries.distinct_names()
    FoundBlobs found;                      // parallel to positions
  };
  Result<void> find_presence(meta::Session& session, std::string_view account_id, const PlanEntries& entries,
                             Presence& out) const;
  // The same in a transaction of its own.
  Result<void> read_presence(std::string_view account_id, const PlanEntries& entries, Presence& out) const;
  // Positions of the names that rows alone do not prove to be there: absent, or staged by another run of the server.
  static std::vector<std::uint32_t> unproven(const Presence& presence);
};

// Errors that several parts give.
Error plan_not_found();
Error plan_expired();
Error project_not_found();
Error image_not_found();
Error quota_exceeded(std::string message);
Error purged_content();
Error image_purged(const identity::Caller& caller, const meta::PurgedImage& purged);
// Removes stored files that got no row, as far as nobody else uses them; passes the cause on. Requires: the caller's
// lease of them has ended.
Error discard_unrecorded(Deployer::State& state, std::span<const Digest> stored, Error cause);

// What stands in the way of a release whose image is still to be made: the caller's rights, the guards, a host that is
// not possible. The project need not exist.
Result<void> check_may_release(meta::MetaStore& meta, const identity::Caller& caller, const ReleaseRequest& request);

// The project that the reference names, when the caller may use it. Errors: not_found, Forbidden.
Result<meta::Project> load_project_of(meta::Session& session, const identity::Caller& caller,
                                      const ProjectRef& project);

}  // namespace sitepod::deploy
