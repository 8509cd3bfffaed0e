// What the metadata store knows about a project's hosts, and the hosts that follow from it (deploy API §6). Pure but
// for the session that load_facts reads from; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "meta/recent_images.hpp"
#include "meta/session.hpp"
#include "publish/live_table.hpp"

namespace sitepod::publish {

struct EnvironmentFacts {
  std::string name;
  std::string image_id;
  std::string stage;  // of the image's encodings
  std::vector<meta::RecentImage> recent = {};
};

struct PreviewFacts {
  std::string slug;
  std::string image_id;
  std::string stage;
  std::string lock;
  Instant expires_at;
};

struct ProjectFacts {
  std::string id;
  std::string name;
  std::string subdomain;
  std::vector<EnvironmentFacts> environments;
  std::vector<LiveMount> mounts;  // its active domains
  std::vector<PreviewFacts> previews = {};
  serve::Restriction restriction = serve::Restriction::None;

  // Of the image's encodings; empty for an image that the project shows nowhere.
  std::string_view stage_of(std::string_view image_id) const;
};

// Nothing: the project does not exist (any more). `recent` says which images of the past still count at `now`.
Result<std::optional<ProjectFacts>> load_facts(meta::Session& session, std::string_view project_id,
                                               const meta::RecentRule& recent, Instant now);

// The project's hosts, index files still unnamed. The production host exists from the beginning: as long as nothing is
// released to it, its view is empty.
LiveProject describe_hosts(const ProjectFacts& facts, std::string_view base_domain);

}  // namespace sitepod::publish
