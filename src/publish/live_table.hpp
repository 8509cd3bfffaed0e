// What is live where, as plain values: per project its hosts, per host its only owner. The content of the boot log.
// A value of one thread (the publisher's); nothing here touches disk or database.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sitepod::publish {

struct LiveHost {
  std::string host;  // lower-case, no port
  std::string environment;
  std::string image_id;    // empty: nothing is released here
  std::string index_file;  // a name in {data}/index; empty when image_id is
  bool is_preview = false;
  bool operator==(const LiveHost&) const = default;
};

struct LiveProject {
  std::string project_id;
  std::string name;
  std::vector<LiveHost> hosts;  // empty: the project is gone
  bool operator==(const LiveProject&) const = default;
};

class LiveTable {
 public:
  // Makes `project` the whole truth about its hosts; a host that another project had moves to it. Yields the hosts that
  // were this project's and now belong to nobody.
  std::vector<std::string> apply(LiveProject project);

  const LiveProject* find(std::string_view project_id) const;
  const std::unordered_map<std::string, LiveProject>& projects() const { return projects_; }

 private:
  void release_host_from(const std::string& project_id, const std::string& host);

  std::unordered_map<std::string, LiveProject> projects_;
  std::unordered_map<std::string, std::string> owner_of_host_;
};

}  // namespace sitepod::publish
