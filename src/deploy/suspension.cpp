#include "deploy/suspension.hpp"

#include "deploy/deployer_state.hpp"
#include "identity/audit.hpp"
#include "meta/suspensions.hpp"

namespace sitepod::deploy {
namespace {

Result<void> note(meta::Session& session, const identity::Caller& actor, std::string_view action,
                  const meta::Project& project, std::string_view reason, Instant now) {
  meta::Event event = identity::make_event(actor, action, project, now);
  event.subject = reason;
  SITEPOD_TRY(meta::insert_event(session, event));
  SITEPOD_TRY(meta::insert_change(session, project.id));
  return {};
}

Result<meta::Project> load_by_name(meta::Session& session, std::string_view name) {
  std::optional<meta::Project> project = SITEPOD_TRY(meta::find_project_by_name(session, name));
  if (!project) return project_not_found();
  return *std::move(project);
}

}  // namespace

Result<meta::Project> suspend_project(meta::MetaStore& meta, const identity::Caller& actor, std::string_view name,
                                      std::string_view reason, Instant now) {
  return meta.write([&](meta::Session& session) -> Result<meta::Project> {
    meta::Project project = SITEPOD_TRY(load_by_name(session, name));
    if (SITEPOD_TRY(meta::find_suspension(session, project.id))) return project;
    SITEPOD_TRY(meta::insert_suspension(session, {project.id, std::string(reason), actor.email, now}));
    SITEPOD_TRY(note(session, actor, "suspended", project, reason, now));
    return project;
  });
}

Result<meta::Project> unsuspend_project(meta::MetaStore& meta, const identity::Caller& actor, std::string_view name,
                                        Instant now) {
  return meta.write([&](meta::Session& session) -> Result<meta::Project> {
    meta::Project project = SITEPOD_TRY(load_by_name(session, name));
    if (SITEPOD_TRY(meta::delete_suspension(session, project.id)))
      SITEPOD_TRY(note(session, actor, "unsuspended", project, "", now));
    return project;
  });
}

}  // namespace sitepod::deploy
