// What is live where, as plain values: per project its hosts and mounts, each with its only owner. The content of the
// boot log.
// A value of one thread (the publisher's); nothing here touches disk or database.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "serve/snapshot.hpp"

namespace sitepod::publish {

// An image that was live on a host lately; its fingerprinted files are still answered there.
struct LiveRecent {
  std::string image_id;
  std::string index_file;
  Instant left_at = {};  // when another one took its place
  bool operator==(const LiveRecent&) const = default;
};

struct LiveHost {
  std::string host;  // lower-case, no port
  std::string environment;
  std::string image_id;    // empty: nothing is released here
  std::string index_file;  // a name in {data}/index; empty when image_id is
  bool is_preview = false;
  // Of a preview, which has two hosts and the path /__preview__/{slug}/ on the production host:
  std::string preview_slug = {};
  Instant expires_at = {};
  std::string lock = {};  // hash of its password; empty: everybody may look
  // Of an environment that has an image: newest first.
  std::vector<LiveRecent> recent = {};
  bool operator==(const LiveHost&) const = default;
};

// A place outside the project's own hosts that shows its production: a custom domain, or a path of a host (§9).
struct LiveMount {
  std::string host;
  std::string slug;  // "/", "/blog"
  bool operator==(const LiveMount&) const = default;
};

struct LiveProject {
  std::string project_id;
  std::string name;
  std::vector<LiveHost> hosts;  // empty: the project is gone
  std::vector<LiveMount> mounts = {};
  serve::Restriction restriction = serve::Restriction::None;  // Paused and Suspended: no host has an image
  bool operator==(const LiveProject&) const = default;
};

class LiveTable {
 public:
  // Makes `project` the whole truth about its hosts and mounts; what another project had of them moves to it. Yields
  // the hosts that were this project's own and now belong to nobody.
  std::vector<std::string> apply(LiveProject project);

  const LiveProject* find(std::string_view project_id) const;
  // Ids of the images that are live, some more than once.
  std::vector<std::string> list_images() const;
  // Whose own host it is; empty: nobody's.
  std::string_view owner_of(const std::string& host) const;
  // slug → project id; null when nothing is mounted on the host.
  using Mounts = std::map<std::string, std::string>;
  const Mounts* mounts_of(const std::string& host) const;
  const std::unordered_map<std::string, Mounts>& mounts() const { return mounts_of_host_; }
  const std::unordered_map<std::string, LiveProject>& projects() const { return projects_; }

 private:
  void release_host_from(const std::string& project_id, const std::string& host);
  void remove_mounts(const LiveProject& project);
  void add_mounts(const LiveProject& project);

  std::unordered_map<std::string, LiveProject> projects_;
  std::unordered_map<std::string, std::string> owner_of_host_;
  std::unordered_map<std::string, Mounts> mounts_of_host_;
};

}  // namespace sitepod::publish
