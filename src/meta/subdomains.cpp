#include "meta/domains.hpp"
#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {

Result<std::string> find_label_holder(Session& session, std::string_view label, std::string_view project_id) {
  const std::optional<Project> holder = SITEPOD_TRY(find_project_by_subdomain(session, label));
  if (holder && holder->id != project_id) return holder->name;
  for (std::size_t dash = label.find('-'); dash != std::string_view::npos; dash = label.find('-', dash + 1)) {
    const std::string_view environment = label.substr(dash + 1);
    const std::optional<Project> project = SITEPOD_TRY(find_project_by_subdomain(session, label.substr(0, dash)));
    if (!project || project->id == project_id) continue;
    // Its beta host is kept for it from the start.
    if (environment == "beta" || SITEPOD_TRY(find_environment(session, project->id, environment))) return project->name;
  }
  return std::string();
}

Result<void> set_subdomain(Session& session, std::string_view project_id, std::string_view subdomain,
                           Instant updated_at) {
  return run(session, "UPDATE projects SET subdomain = :subdomain, updated_at = :updated_at WHERE id = :id",
             {{"subdomain", subdomain}, {"updated_at", updated_at}, {"id", project_id}});
}

}  // namespace sitepod::meta
