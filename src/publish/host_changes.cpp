#include "publish/host_changes.hpp"

#include "base/check.hpp"

namespace sitepod::publish {

void append_host_changes(const PreparedProject& project, std::vector<serve::HostTable::Change>& changes) {
  SITEPOD_CHECK(project.indexes.size() == project.live.hosts.size());
  for (std::size_t i = 0; i < project.live.hosts.size(); ++i) {
    const LiveHost& host = project.live.hosts[i];
    auto view = std::make_shared<serve::SiteView>();
    view->project_id = project.live.project_id;
    view->project = project.live.name;
    view->environment = host.environment;
    view->image_id = host.image_id;
    view->index = project.indexes[i];
    view->is_preview = host.is_preview;
    changes.push_back({host.host, serve::HostEntry{serve::HostEntry::Kind::Site, std::move(view)}});
  }
}

void append_host_removals(const std::vector<std::string>& hosts, std::vector<serve::HostTable::Change>& changes) {
  for (const std::string& host : hosts) changes.push_back({host, std::nullopt});
}

bool shows(const serve::HostTable& hosts, const PreparedProject& project) {
  for (std::size_t i = 0; i < project.live.hosts.size(); ++i) {
    const LiveHost& host = project.live.hosts[i];
    const serve::HostEntry* entry = hosts.find(host.host);
    if (!entry || !entry->site) return false;
    const serve::SiteView& view = *entry->site;
    if (view.project_id != project.live.project_id || view.project != project.live.name ||
        view.environment != host.environment || view.image_id != host.image_id || view.index != project.indexes[i] ||
        view.is_preview != host.is_preview)
      return false;
  }
  return true;
}

}  // namespace sitepod::publish
