#include <unordered_map>

#include "deploy/deployer_state.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::uint64_t kMaxManifestBytes = 1u << 30;

// Names of the environments that show the image.
std::vector<std::string> environments_of(const std::vector<meta::Environment>& environments,
                                         const std::string& image_id) {
  std::vector<std::string> names;
  for (const meta::Environment& environment : environments)
    if (environment.image_id == image_id) names.push_back(environment.name);
  return names;
}

Result<ListedProject> with_owner(meta::Session& session, meta::Project project) {
  const std::optional<meta::Account> owner = SITEPOD_TRY(meta::find_account(session, project.owner_id));
  return ListedProject{std::move(project), owner ? owner->email : std::string()};
}

}  // namespace

Error image_purged(const identity::Caller& caller, const meta::PurgedImage& purged) {
  // Whose it was may know; to others it is one of the images that do not exist.
  if (purged.owner_id != caller.account_id && !identity::acts_as_admin(caller)) return image_not_found();
  return Error{ErrorKind::Gone, "gone", "This image was purged at " + to_rfc3339(purged.purged_at) + ".", {}, {}};
}

Result<std::vector<ListedProject>> Deployer::list_projects(const identity::Caller& caller, std::int64_t limit,
                                                           std::int64_t offset) {
  const std::string owner_id = identity::acts_as_admin(caller) ? std::string() : caller.account_id;
  return state_->meta.read([&](meta::Session& session) -> Result<std::vector<ListedProject>> {
    std::vector<ListedProject> listed;
    for (meta::Project& project : SITEPOD_TRY(meta::list_projects(session, owner_id, limit, offset)))
      if (caller.project_id.empty() || caller.project_id == project.id)
        listed.push_back(SITEPOD_TRY(with_owner(session, std::move(project))));
    return listed;
  });
}

Result<ListedProject> Deployer::load_project(const identity::Caller& caller, const ProjectRef& project) {
  return state_->meta.read([&](meta::Session& session) -> Result<ListedProject> {
    return with_owner(session, SITEPOD_TRY(load_project_of(session, caller, project)));
  });
}

Result<CurrentDeployment> Deployer::load_current(const identity::Caller& caller, const ProjectRef& project,
                                                 std::string_view environment) {
  return state_->meta.read([&](meta::Session& session) -> Result<CurrentDeployment> {
    CurrentDeployment current;
    current.project = SITEPOD_TRY(load_project_of(session, caller, project));
    const auto live = SITEPOD_TRY(meta::find_environment(session, current.project.id, environment));
    if (!live) return not_found("not_found", "Nothing is released to this environment.");
    const auto image = SITEPOD_TRY(meta::find_image(session, live->image_id));
    if (!image) return internal("environment without its image: " + live->image_id);
    current.environment = *live;
    current.image = *image;
    current.url = state_->settings.urls.environment_url(current.project.subdomain, environment);
    return current;
  });
}

Result<ImagePage> Deployer::list_images(const identity::Caller& caller, const ProjectRef& project,
                                        std::string_view environment, std::int64_t limit, std::int64_t offset) {
  return state_->meta.read([&](meta::Session& session) -> Result<ImagePage> {
    ImagePage page;
    page.project = SITEPOD_TRY(load_project_of(session, caller, project));
    const std::string& id = page.project.id;
    std::vector<meta::Image> images =
        environment.empty() ? SITEPOD_TRY(meta::list_images(session, id, limit, offset))
                            : SITEPOD_TRY(meta::list_images_released_to(session, id, environment, limit, offset));
    page.total = environment.empty() ? SITEPOD_TRY(meta::count_images(session, id))
                                     : SITEPOD_TRY(meta::count_images_released_to(session, id, environment));
    const std::vector<meta::Environment> environments = SITEPOD_TRY(meta::list_environments(session, id));
    for (meta::Image& image : images) {
      std::vector<std::string> names = environments_of(environments, image.id);
      page.images.push_back({std::move(image), std::move(names)});
    }
    return page;
  });
}

Result<ImageDetail> Deployer::load_image(const identity::Caller& caller, std::string_view image_id) {
  Result<ImageDetail> rows = state_->meta.read([&](meta::Session& session) -> Result<ImageDetail> {
    std::optional<meta::Image> image = SITEPOD_TRY(meta::find_image(session, image_id));
    if (!image) {
      if (const auto purged = SITEPOD_TRY(meta::find_purged_image(session, image_id)))
        return image_purged(caller, *purged);
      return image_not_found();
    }
    ImageDetail detail;
    detail.project = SITEPOD_TRY(load_project_of(session, caller, {"", image->project_id}));
    const std::vector<meta::Environment> environments =
        SITEPOD_TRY(meta::list_environments(session, detail.project.id));
    std::vector<std::string> names = environments_of(environments, image->id);
    detail.listed = {*std::move(image), std::move(names)};
    return detail;
  });
  ImageDetail detail = SITEPOD_TRY(std::move(rows));
  const std::string bytes = SITEPOD_TRY(state_->blobs.read_verified(detail.listed.image.manifest, kMaxManifestBytes));
  detail.manifest = SITEPOD_TRY(model::Manifest::from_bytes(bytes));
  return detail;
}

Result<EventPage> Deployer::list_events(const identity::Caller& caller, const std::optional<ProjectRef>& project,
                                        std::int64_t limit, std::int64_t offset) {
  if (!project && !identity::has_scope(caller, identity::Scope::Account))
    return forbidden("The account's log needs a token without restrictions; name a project.");
  return state_->meta.read([&](meta::Session& session) -> Result<EventPage> {
    EventPage page;
    std::vector<meta::Event> events;
    if (project) {
      const meta::Project known = SITEPOD_TRY(load_project_of(session, caller, *project));
      events = SITEPOD_TRY(meta::list_events_of_project(session, known.id, limit, offset));
      page.total = SITEPOD_TRY(meta::count_events_of_project(session, known.id));
    } else {
      events = SITEPOD_TRY(meta::list_events_of_account(session, caller.account_id, limit, offset));
      page.total = SITEPOD_TRY(meta::count_events_of_account(session, caller.account_id));
    }
    std::unordered_map<std::string, std::string> names;
    for (meta::Event& event : events) {
      if (!event.project_id.empty() && !names.contains(event.project_id)) {
        const std::optional<meta::Project> known = SITEPOD_TRY(meta::find_project(session, event.project_id));
        names[event.project_id] = known ? known->name : std::string();
      }
      std::string name = event.project_id.empty() ? std::string() : names[event.project_id];
      page.events.push_back({std::move(event), std::move(name)});
    }
    return page;
  });
}

}  // namespace sitepod::deploy
