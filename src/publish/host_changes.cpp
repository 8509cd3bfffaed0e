#include "publish/host_changes.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/check.hpp"
#include "model/names.hpp"

namespace sitepod::publish {
namespace {

using serve::HostEntry;
using serve::HostTable;

bool is_production(const LiveHost& host) { return host.environment == model::kProduction && !host.is_preview; }

bool is_under(std::string_view host, std::string_view base_domain) {
  return host == base_domain ||
         (host.ends_with(base_domain) && host.substr(0, host.size() - base_domain.size()).ends_with('.'));
}

// The table as it will be: the last change of a host counts, then what is there now.
class NextTable {
 public:
  NextTable(const HostTable& current, const std::vector<HostTable::Change>& changes) : current_(current) {
    for (const HostTable::Change& change : changes) changed_[change.host] = change.entry ? &*change.entry : nullptr;
  }
  const HostEntry* find(const std::string& host) const {
    auto changed = changed_.find(host);
    return changed == changed_.end() ? current_.find(host) : changed->second;
  }

 private:
  const HostTable& current_;
  std::unordered_map<std::string_view, const HostEntry*> changed_;
};

// Where the project's production is; null when it is not in the table (its index could not be opened).
const HostEntry* find_production(const LiveTable& live, const NextTable& next, const std::string& project_id) {
  const LiveProject* project = live.find(project_id);
  if (!project) return nullptr;
  auto host = std::find_if(project->hosts.begin(), project->hosts.end(), is_production);
  if (host == project->hosts.end() || live.owner_of(host->host) != project_id) return nullptr;
  const HostEntry* entry = next.find(host->host);
  return entry && entry->site && entry->site->project_id == project_id ? entry : nullptr;
}

// Nothing: the host shows nothing any more.
std::optional<HostEntry> compose(const LiveTable& live, const NextTable& next, std::string_view base_domain,
                                 const std::string& host) {
  std::optional<HostEntry> composed;
  std::vector<serve::Mount> mounts;
  if (!live.owner_of(host).empty()) {
    const HostEntry* own = next.find(host);
    if (!own) return std::nullopt;
    composed = *own;
    mounts.push_back({"/", own->site, own->views, {}, false});
  } else if (is_under(host, base_domain)) {
    // A path of a project's host ends with the host, whoever has its name next.
    return std::nullopt;
  }
  if (const LiveTable::Mounts* wanted = live.mounts_of(host)) {
    for (const auto& [slug, project_id] : *wanted) {
      if (composed && slug == "/") continue;
      const HostEntry* production = find_production(live, next, project_id);
      if (!production) continue;
      mounts.push_back({slug, production->site, production->views, {}, false});
    }
  }
  if (mounts.empty()) return std::nullopt;
  if (!composed) composed.emplace();
  composed->mounts = nullptr;
  // A host with one site at its root is found and answered as if nothing could be mounted.
  auto root = std::find_if(mounts.begin(), mounts.end(), [](const serve::Mount& mount) { return mount.slug == "/"; });
  if (root != mounts.end()) {
    composed->site = root->site;
    composed->views = root->views;
    if (mounts.size() == 1) return composed;
  }
  composed->mounts = std::make_shared<serve::PathMounts>(std::move(mounts));
  return composed;
}

std::shared_ptr<const serve::SiteView> make_view(const PreparedProject& project, std::size_t position) {
  const LiveHost& host = project.live.hosts[position];
  auto view = std::make_shared<serve::SiteView>();
  view->project_id = project.live.project_id;
  view->project = project.live.name;
  view->environment = host.environment;
  view->image_id = host.image_id;
  view->index = project.indexes[position].live;
  view->recent = project.indexes[position].recent;
  view->is_preview = host.is_preview;
  view->expires_at = host.expires_at;
  view->lock = host.lock;
  view->restriction = project.live.restriction;
  view->meter = project.meter;
  return view;
}

const serve::SiteView* find_mounted(const HostTable& hosts, const LiveMount& mount) {
  const HostEntry* entry = hosts.find(mount.host);
  if (!entry) return nullptr;
  if (!entry->mounts) return mount.slug == "/" ? entry->site.get() : nullptr;
  const serve::Mount* found = entry->mounts->find_slug(mount.slug);
  return found ? found->site.get() : nullptr;
}

}  // namespace

void append_host_changes(const PreparedProject& project, std::vector<HostTable::Change>& changes) {
  SITEPOD_CHECK(project.indexes.size() == project.live.hosts.size());
  auto views = std::make_shared<serve::ProjectViews>();
  for (std::size_t i = 0; i < project.live.hosts.size(); ++i) {
    const LiveHost& host = project.live.hosts[i];
    std::shared_ptr<const serve::SiteView> view = make_view(project, i);
    if (host.is_preview)
      views->previews[host.preview_slug] = {view, host.expires_at};
    else
      views->environments[host.environment] = view;
    HostEntry entry{HostEntry::Kind::Site, std::move(view)};
    if (is_production(host)) entry.views = views;
    changes.push_back({host.host, std::move(entry)});
  }
}

void append_host_removals(const std::vector<std::string>& hosts, std::vector<HostTable::Change>& changes) {
  for (const std::string& host : hosts) changes.push_back({host, std::nullopt});
}

void append_mount_changes(const LiveTable& live, const HostTable& current, std::string_view base_domain,
                          const std::set<std::string>& hosts, std::vector<HostTable::Change>& changes) {
  std::vector<HostTable::Change> composed;
  {
    const NextTable next(current, changes);
    for (const std::string& host : hosts) composed.push_back({host, compose(live, next, base_domain, host)});
  }
  for (HostTable::Change& change : composed) changes.push_back(std::move(change));
}

bool shows(const HostTable& hosts, const PreparedProject& project) {
  const serve::SiteView* production = nullptr;
  for (std::size_t i = 0; i < project.live.hosts.size(); ++i) {
    const LiveHost& host = project.live.hosts[i];
    const HostEntry* entry = hosts.find(host.host);
    if (!entry || !entry->site) return false;
    const serve::SiteView& view = *entry->site;
    if (view.project_id != project.live.project_id || view.project != project.live.name ||
        view.environment != host.environment || view.image_id != host.image_id ||
        view.index != project.indexes[i].live || view.recent != project.indexes[i].recent ||
        view.restriction != project.live.restriction || view.is_preview != host.is_preview ||
        view.expires_at != host.expires_at || view.lock != host.lock)
      return false;
    if (is_production(host)) production = &view;
  }
  return std::all_of(project.live.mounts.begin(), project.live.mounts.end(),
                     [&](const LiveMount& mount) { return production && find_mounted(hosts, mount) == production; });
}

}  // namespace sitepod::publish
