#include "cli/site.hpp"

namespace sitepod::cli {

Result<Site> open_site_content(Context& context, std::string_view project) {
  const ProjectFile file = SITEPOD_TRY(load_project_file("."));
  const ProjectName chosen = resolve_project(project, context.environment, file, ".");
  Site site{SITEPOD_TRY(make_logged_in_client(context)), nullptr};
  std::string id;
  if (!chosen.guessed) {
    auto found = api::find_site_id(*site.client, chosen.name);
    if (!found.ok() && found.error().kind == ErrorKind::NotFound)
      return not_found("project_not_found", "There is no project " + chosen.name +
                                                ". Leave the name out to publish to your default site, or give one of "
                                                "'sitepod list'.");
    id = SITEPOD_TRY(std::move(found));
  }
  site.content = std::make_unique<api::ContentClient>(*site.client, std::move(id));
  return site;
}

}  // namespace sitepod::cli
