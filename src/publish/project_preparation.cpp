#include "publish/project_preparation.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/log.hpp"

namespace sitepod::publish {
namespace {

// Keeps of each host's recent images those that can be opened and that there is room for.
class RecentOpener {
 public:
  using Open = std::function<Result<NamedIndex>(const LiveRecent&)>;
  RecentOpener(PreparedProject& project, std::size_t room, Open open)
      : project_(project), room_(room), open_(std::move(open)) {}

  void run() {
    for (std::size_t i = 0; i < project_.live.hosts.size(); ++i) open_host(project_.live.hosts[i], project_.indexes[i]);
    if (left_out_ > 0)
      log::warn("the server's memory for recent images is used up; old files of a site are missing",
                {{"project", project_.live.project_id}, {"images", left_out_}});
  }

 private:
  void open_host(LiveHost& host, HostIndexes& indexes) {
    std::vector<LiveRecent> opened;
    for (LiveRecent& recent : host.recent) {
      auto named = open_(recent);
      if (!named.ok()) {
        log::warn("could not open a recent image; its old files are missing",
                  {{"project", project_.live.project_id},
                   {"image", recent.image_id},
                   {"reason", named.error().context.empty() ? named.error().message : named.error().context}});
        continue;
      }
      const std::size_t bytes = named->index->memory_bytes();
      if (bytes > room_) {
        ++left_out_;
        continue;
      }
      room_ -= bytes;
      recent.index_file = std::move(named->file);
      opened.push_back(std::move(recent));
      indexes.recent.push_back(std::move(named->index));
    }
    host.recent = std::move(opened);
  }

  PreparedProject& project_;
  std::size_t room_;
  const Open open_;
  std::size_t left_out_ = 0;
};

}  // namespace

Result<PreparedProject> prepare_project(ImageIndexes& indexes, meta::MetaStore& meta, const ProjectFacts& facts,
                                        std::string_view base_domain, std::size_t recent_bytes) {
  PreparedProject prepared{describe_hosts(facts, base_domain), {}, 0};
  prepared.indexes.resize(prepared.live.hosts.size());
  for (std::size_t i = 0; i < prepared.live.hosts.size(); ++i) {
    LiveHost& host = prepared.live.hosts[i];
    if (host.image_id.empty()) continue;
    NamedIndex named = SITEPOD_TRY_WITH(indexes.load(meta, host.image_id, facts.stage_of(host.image_id)),
                                        "publishing " + host.host + " of " + facts.id);
    host.index_file = std::move(named.file);
    prepared.indexes[i].live = std::move(named.index);
  }
  RecentOpener(prepared, recent_bytes, [&](const LiveRecent& recent) {
    return indexes.load_recent(meta, recent.image_id, facts.stage_of(recent.image_id));
  }).run();
  return prepared;
}

Result<PreparedProject> open_logged_project(ImageIndexes& indexes, const LiveProject& project,
                                            const meta::RecentRule& recent, std::size_t recent_bytes) {
  PreparedProject prepared{project, {}, 0};
  for (LiveHost& host : prepared.live.hosts) {
    HostIndexes& opened = prepared.indexes.emplace_back();
    if (!host.image_id.empty()) opened.live = SITEPOD_TRY(indexes.open(host.image_id, host.index_file)).index;
    std::erase_if(host.recent, [&](const LiveRecent& image) { return image.left_at < recent.left_since; });
    host.recent.resize(std::min(host.recent.size(), static_cast<std::size_t>(recent.places)));
  }
  RecentOpener(prepared, recent_bytes, [&](const LiveRecent& image) {
    return indexes.open(image.image_id, image.index_file);
  }).run();
  return prepared;
}

}  // namespace sitepod::publish
