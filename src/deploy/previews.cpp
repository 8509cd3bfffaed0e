#include "base/log.hpp"
#include "base/random.hpp"
#include "deploy/deployer_state.hpp"
#include "identity/audit.hpp"
#include "model/names.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::size_t kRandomSlugBytes = 8;
constexpr std::size_t kFewestSlugBytes = 4;  // fewer could be guessed
constexpr int kSlugTries = 20;

Error no_such_preview() { return not_found("not_found", "There is no such preview."); }

// As many random characters as the host's label has room for, up to eight.
Result<std::string> random_slug(meta::Session& session, const meta::Project& project) {
  const std::size_t taken = project.subdomain.size() + 2;
  if (taken + kFewestSlugBytes > kMaxLabelBytes)
    return invalid_request("The subdomain \"" + project.subdomain + "\" is too long for previews; rename it.");
  for (int i = 0; i < kSlugTries; ++i) {
    std::string slug = random_base36(std::min(kRandomSlugBytes, kMaxLabelBytes - taken));
    if (!SITEPOD_TRY(meta::find_preview(session, project.id, slug))) return slug;
  }
  return internal("no free preview slug for " + project.id);
}

Result<meta::Image> choose_image(meta::Session& session, const meta::Project& project, const std::string& image_id) {
  std::optional<meta::Image> image = image_id.empty() ? SITEPOD_TRY(meta::find_newest_image(session, project.id))
                                                      : SITEPOD_TRY(meta::find_image(session, image_id));
  if (!image) return image_not_found();
  if (image->project_id != project.id) return forbidden("The image belongs to another project.");
  return *std::move(image);
}

Result<void> log_preview(meta::Session& session, const identity::Caller& caller, std::string_view action,
                         const meta::Project& project, const meta::Preview& preview, Instant now) {
  meta::Event event = identity::make_event(caller, action, project, now);
  event.subject = preview.slug;
  event.image_id = preview.image_id;
  SITEPOD_TRY(meta::insert_event(session, event));
  return {};
}

// Makes room for one more beside the one that `slug` replaces.
Result<void> evict(meta::Session& session, const identity::Caller& caller, const meta::Project& project,
                   const std::string& slug, std::int64_t limit, Instant now) {
  std::vector<meta::Preview> others = SITEPOD_TRY(meta::list_previews(session, project.id));
  std::erase_if(others, [&](const meta::Preview& preview) { return preview.slug == slug; });
  auto next = others.begin();
  for (std::int64_t left = std::ssize(others); left >= limit && next != others.end(); --left, ++next) {
    SITEPOD_TRY(meta::delete_preview(session, project.id, next->slug));
    SITEPOD_TRY(log_preview(session, caller, "preview_evicted", project, *next, now));
  }
  return {};
}

}  // namespace

static ListedPreview describe(const SiteUrls& urls, const meta::Project& project, meta::Preview preview) {
  ListedPreview listed;
  listed.project = project;
  listed.url = urls.preview_url(project.subdomain, preview.slug);
  listed.path_url = urls.preview_path_url(project.subdomain, preview.slug);
  listed.preview = std::move(preview);
  return listed;
}

Result<ListedPreview> Deployer::make_preview(const identity::Caller& caller, const PreviewRequest& request,
                                             Instant now) {
  const DeploySettings& settings = state_->settings;
  const std::chrono::seconds lifetime = request.lifetime.count() > 0 ? request.lifetime : settings.preview_lifetime;
  if (lifetime > settings.max_preview_lifetime)
    return invalid_request("A preview may live for at most " + std::to_string(settings.max_preview_lifetime.count()) +
                           " seconds.");
  meta::Preview preview;
  preview.password_hash = request.password_hash;
  preview.created_at = now;
  preview.expires_at = {now.unix_ms + std::chrono::milliseconds(lifetime).count()};
  Result<ListedPreview> made = state_->meta.write([&](meta::Session& session) -> Result<ListedPreview> {
    const meta::Project project = SITEPOD_TRY(load_project_of(session, caller, request.project));
    preview.project_id = project.id;
    preview.image_id = SITEPOD_TRY(choose_image(session, project, request.image_id)).id;
    preview.slug = request.slug.empty() ? SITEPOD_TRY(random_slug(session, project))
                                        : SITEPOD_TRY(model::parse_preview_slug(project.subdomain, request.slug));
    SITEPOD_TRY(evict(session, caller, project, preview.slug, settings.max_previews, now));
    SITEPOD_TRY(meta::upsert_preview(session, preview));
    SITEPOD_TRY(log_preview(session, caller, "preview_created", project, preview, now));
    SITEPOD_TRY(meta::insert_change(session, project.id));
    return describe(settings.urls, project, preview);
  });
  if (made.ok())
    log::info("preview created",
              {{"project", made->project.name}, {"preview", made->preview.slug}, {"image", made->preview.image_id}});
  return made;
}

Result<std::vector<ListedPreview>> Deployer::list_previews(const identity::Caller& caller, const ProjectRef& project,
                                                           Instant now) {
  return state_->meta.read([&](meta::Session& session) -> Result<std::vector<ListedPreview>> {
    const meta::Project known = SITEPOD_TRY(load_project_of(session, caller, project));
    std::vector<ListedPreview> listed;
    for (meta::Preview& preview : SITEPOD_TRY(meta::list_previews(session, known.id)))
      if (preview.expires_at > now) listed.push_back(describe(state_->settings.urls, known, std::move(preview)));
    return listed;
  });
}

Result<meta::Project> Deployer::delete_preview(const identity::Caller& caller, const ProjectRef& project,
                                               std::string_view slug, Instant now) {
  return state_->meta.write([&](meta::Session& session) -> Result<meta::Project> {
    Result<meta::Project> known = load_project_of(session, caller, project);
    if (!known.ok()) {
      const ErrorKind kind = known.error().kind;
      return kind == ErrorKind::Forbidden || kind == ErrorKind::NotFound ? no_such_preview() : known.error();
    }
    const std::optional<meta::Preview> preview = SITEPOD_TRY(meta::find_preview(session, known->id, slug));
    if (!preview) return no_such_preview();
    SITEPOD_TRY(meta::delete_preview(session, known->id, slug));
    SITEPOD_TRY(log_preview(session, caller, "preview_deleted", *known, *preview, now));
    SITEPOD_TRY(meta::insert_change(session, known->id));
    return known;
  });
}

}  // namespace sitepod::deploy
