// Files that a build makes, on their way into the store: each is written as soon as it is made, unless the project's
// newest image has it or it was written before. Nothing of it is collected while the BuildUpload lives; nothing is
// durable before Deployer::commit_build(). take() from any thread, the rest from one.
#pragma once

#include <memory>
#include <string_view>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "deploy/deployer.hpp"

namespace sitepod::deploy {

class BuildUpload {
 public:
  // What the newest image has is known to be durable and the owner's. `state` outlives it.
  static Result<std::shared_ptr<BuildUpload>> open(Deployer::State& state, const meta::Project& project);
  ~BuildUpload();

  Result<void> take(std::string_view bytes, const Digest& digest);

  // Leases these names, too; what the newest image has and what was taken needs no other look afterwards.
  Result<void> keep(std::vector<Digest> names);
  // Requires: one of the names that were kept.
  bool has(const Digest& digest) const;
  // What was kept are the files of this image, which is the newest one now.
  void note_image(const std::string& image_id);
  // The new blobs, written and not yet durable.
  const std::vector<blob::StoredBlob>& stored() const;

 private:
  struct State;
  explicit BuildUpload(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::deploy
