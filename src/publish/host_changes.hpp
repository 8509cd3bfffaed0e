// From a project's live hosts and their opened indexes to changes of the Snapshot's host table. Pure; any thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "publish/live_table.hpp"
#include "serve/snapshot.hpp"

namespace sitepod::publish {

struct HostIndexes {
  std::shared_ptr<const serve::SiteIndex> live;                      // null where nothing is released
  std::vector<std::shared_ptr<const serve::SiteIndex>> recent = {};  // parallel to LiveHost::recent
};

// A project whose indexes are open: ready to go live.
struct PreparedProject {
  LiveProject live;
  std::vector<HostIndexes> indexes;  // parallel to live.hosts
  std::uint32_t meter = 0;           // counts what leaves to its visitors
};

// Every own host of the project as the table shall have it, mounts aside. Requires: indexes are parallel to hosts.
void append_host_changes(const PreparedProject& project, std::vector<serve::HostTable::Change>& changes);
void append_host_removals(const std::vector<std::string>& hosts, std::vector<serve::HostTable::Change>& changes);

// Appends what `hosts` are with everything that is mounted on them. Requires: `changes` has the own hosts of all
// projects of `live` that the table `current` does not show as they are in `live`.
void append_mount_changes(const LiveTable& live, const serve::HostTable& current, std::string_view base_domain,
                          const std::set<std::string>& hosts, std::vector<serve::HostTable::Change>& changes);

// Whether the table shows the project exactly so already.
bool shows(const serve::HostTable& hosts, const PreparedProject& project);

}  // namespace sitepod::publish
