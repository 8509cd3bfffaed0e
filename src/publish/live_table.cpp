#include "publish/live_table.hpp"

#include <algorithm>

namespace sitepod::publish {

std::vector<std::string> LiveTable::apply(LiveProject project) {
  std::vector<std::string> gone;
  if (auto old = projects_.find(project.project_id); old != projects_.end()) {
    for (const LiveHost& host : old->second.hosts) {
      bool kept = std::any_of(project.hosts.begin(), project.hosts.end(),
                              [&](const LiveHost& next) { return next.host == host.host; });
      if (kept) continue;
      owner_of_host_.erase(host.host);
      gone.push_back(host.host);
    }
    remove_mounts(old->second);
    projects_.erase(old);
  }
  if (project.hosts.empty()) return gone;

  for (const LiveHost& host : project.hosts) {
    auto [owner, fresh] = owner_of_host_.try_emplace(host.host, project.project_id);
    if (fresh || owner->second == project.project_id) continue;
    // A rename frees a host before its publication says so: the new owner's word counts.
    release_host_from(owner->second, host.host);
    owner->second = project.project_id;
  }
  add_mounts(project);
  std::string id = project.project_id;
  projects_.emplace(std::move(id), std::move(project));
  return gone;
}

void LiveTable::release_host_from(const std::string& project_id, const std::string& host) {
  auto owner = projects_.find(project_id);
  if (owner == projects_.end()) return;
  std::erase_if(owner->second.hosts, [&](const LiveHost& other) { return other.host == host; });
}

void LiveTable::remove_mounts(const LiveProject& project) {
  for (const LiveMount& mount : project.mounts) {
    auto host = mounts_of_host_.find(mount.host);
    if (host == mounts_of_host_.end()) continue;
    auto slug = host->second.find(mount.slug);
    if (slug == host->second.end() || slug->second != project.project_id) continue;
    host->second.erase(slug);
    if (host->second.empty()) mounts_of_host_.erase(host);
  }
}

void LiveTable::add_mounts(const LiveProject& project) {
  for (const LiveMount& mount : project.mounts) {
    auto [owner, fresh] = mounts_of_host_[mount.host].try_emplace(mount.slug, project.project_id);
    if (fresh || owner->second == project.project_id) continue;
    if (auto other = projects_.find(owner->second); other != projects_.end()) std::erase(other->second.mounts, mount);
    owner->second = project.project_id;
  }
}

std::string_view LiveTable::owner_of(const std::string& host) const {
  auto found = owner_of_host_.find(host);
  return found == owner_of_host_.end() ? std::string_view() : std::string_view(found->second);
}

const LiveTable::Mounts* LiveTable::mounts_of(const std::string& host) const {
  auto found = mounts_of_host_.find(host);
  return found == mounts_of_host_.end() ? nullptr : &found->second;
}

std::vector<std::string> LiveTable::list_images() const {
  std::vector<std::string> ids;
  for (const auto& [id, project] : projects_)
    for (const LiveHost& host : project.hosts)
      if (!host.image_id.empty()) ids.push_back(host.image_id);
  return ids;
}

const LiveProject* LiveTable::find(std::string_view project_id) const {
  auto found = projects_.find(std::string(project_id));
  return found == projects_.end() ? nullptr : &found->second;
}

}  // namespace sitepod::publish
