#include "identity/project_access.hpp"

#include "model/names.hpp"

namespace sitepod::identity {

Result<meta::Project> load_project(meta::Session& session, const Caller& caller, std::string_view name,
                                   std::string_view id) {
  std::optional<meta::Project> found =
      SITEPOD_TRY(id.empty() ? meta::find_project_by_name(session, name) : meta::find_project(session, id));
  if (!found) return not_found("not_found", "There is no such project.");
  SITEPOD_TRY(check_may_use_project(caller, *found));
  if (!name.empty() && model::project_key(name) != model::project_key(found->name))
    return invalid_request("The fields \"project\" and \"project_id\" name different projects.");
  return *std::move(found);
}

}  // namespace sitepod::identity
