#include "base/log.hpp"
#include "deploy/deployer_state.hpp"
#include "identity/audit.hpp"
#include "meta/domains.hpp"

namespace sitepod::deploy {

Result<meta::Project> Deployer::delete_project(const identity::Caller& caller, const ProjectRef& project, Instant now) {
  Result<meta::Project> deleted = state_->meta.write([&](meta::Session& session) -> Result<meta::Project> {
    meta::Project known = SITEPOD_TRY(load_project_of(session, caller, project));
    SITEPOD_TRY(meta::delete_project(session, known.id));
    SITEPOD_TRY(meta::release_orphaned_holders(session, now));
    // Its own log has gone with it; that it went stands in its owner's.
    meta::Event event = identity::make_event(caller, "project_deleted", now);
    event.account_id = known.owner_id;
    event.subject = known.name;
    SITEPOD_TRY(meta::insert_event(session, event));
    SITEPOD_TRY(meta::insert_change(session, known.id));
    return known;
  });
  if (!deleted.ok()) return deleted;
  const std::string ids[] = {deleted->id};
  forget_projects(ids);
  log::info("project deleted", {{"project", deleted->name}, {"account", caller.account_id}});
  return deleted;
}

void Deployer::forget_projects(std::span<const std::string> project_ids) {
  for (const std::string& id : project_ids) state_->open_plans.forget_project(id);
}

}  // namespace sitepod::deploy
