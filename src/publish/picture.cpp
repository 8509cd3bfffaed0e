#include "publish/picture.hpp"

#include <string_view>

#include "meta/records.hpp"

namespace sitepod::publish {

Result<Picture> load_picture(meta::MetaStore& meta, const LiveTable& live, std::int64_t newest_change,
                             std::set<std::string> asked, const PictureTime& time) {
  return meta.read([&](meta::Session& session) -> Result<Picture> {
    Picture picture;
    picture.newest_change = newest_change;
    std::set<std::string> ids = asked;
    SITEPOD_TRY(meta::each_change_after(session, newest_change, [&](std::int64_t seq, std::string_view project_id) {
      picture.newest_change = seq;
      ids.emplace(project_id);
    }));
    // What is mounted on a host changes with the host's owner: it ends with a deleted project and moves with a rename.
    for (const std::string& id : std::set<std::string>(ids)) {
      const LiveProject* project = live.find(id);
      for (std::size_t i = 0; project && i < project->hosts.size(); ++i)
        if (const LiveTable::Mounts* mounts = live.mounts_of(project->hosts[i].host))
          for (const auto& [slug, mounted_id] : *mounts) ids.insert(mounted_id);
    }
    for (const std::string& id : ids)
      picture.projects.emplace_back(id, SITEPOD_TRY(load_facts(session, id, time.recent, time.now)));
    return picture;
  });
}

Result<Picture> load_everything(meta::MetaStore& meta, const PictureTime& time) {
  return meta.read([&](meta::Session& session) -> Result<Picture> {
    Picture picture;
    picture.newest_change = SITEPOD_TRY(meta::newest_change(session));
    std::vector<std::string> ids;
    SITEPOD_TRY(meta::each_project_id(session, [&](std::string_view id) { ids.emplace_back(id); }));
    for (std::string& id : ids) {
      auto facts = SITEPOD_TRY(load_facts(session, id, time.recent, time.now));
      picture.projects.emplace_back(std::move(id), std::move(facts));
    }
    return picture;
  });
}

}  // namespace sitepod::publish
