// What the metadata store knows about a project's hosts, and the hosts that follow from it (deploy API §6). Pure but
// for the session that load_facts reads from; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "meta/session.hpp"
#include "publish/live_table.hpp"

namespace sitepod::publish {

struct EnvironmentFacts {
  std::string name;
  std::string image_id;
  std::string stage;  // of the image's encodings
};

struct ProjectFacts {
  std::string id;
  std::string name;
  std::string subdomain;
  std::vector<EnvironmentFacts> environments;
  std::vector<LiveMount> mounts;  // its active domains
};

// Nothing: the project does not exist (any more).
Result<std::optional<ProjectFacts>> load_facts(meta::Session& session, std::string_view project_id);

// The project's hosts, parallel to its environments (index files still unnamed). The production host exists from the
// beginning: as long as nothing is released to it, its view is empty and comes last.
LiveProject describe_hosts(const ProjectFacts& facts, std::string_view base_domain);

}  // namespace sitepod::publish
