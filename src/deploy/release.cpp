#include "base/log.hpp"
#include "deploy/deployer_state.hpp"
#include "deploy/lock_warnings.hpp"
#include "identity/audit.hpp"
#include "meta/domains.hpp"
#include "model/names.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kMaxLabelBytes = 63;

Error no_earlier_image() { return invalid_request("There is no earlier image to roll back to."); }

// The first label of the environment's host, where it can be one. A project may have a subdomain that fills the label
// and is then shown under prod alone (deploy API §4).
Result<std::string> host_label(std::string_view subdomain, std::string_view environment) {
  std::string label = model::environment_label(subdomain, environment);
  if (label.find("--") != std::string::npos)
    return invalid_request("The environment's host name \"" + label +
                           "\" is not possible: \"--\" belongs to previews; choose another name.");
  if (label.size() <= kMaxLabelBytes) return label;
  const std::size_t suffix = label.size() - subdomain.size();
  return invalid_request("The environment \"" + std::string(environment) + "\" cannot have a host: \"" + label +
                         "\" is longer than 63 characters. Give the project a subdomain of at most " +
                         std::to_string(kMaxLabelBytes - suffix) +
                         " characters with PUT /domains/rename, or release to prod.");
}

// The environment's host must be nobody else's (deploy API §6): asked once, before its first release.
Result<void> check_host(meta::Session& session, const meta::Project& project, std::string_view environment) {
  if (environment == model::kProduction) return {};
  const std::string label = SITEPOD_TRY(host_label(project.subdomain, environment));
  const bool reserved = environment != "beta" && model::is_reserved_subdomain(label);
  if (reserved || !SITEPOD_TRY(meta::find_label_holder(session, label, project.id)).empty())
    return conflict("The environment's host name \"" + label + "\" belongs to another project.");
  return {};
}

Result<meta::Image> find_target(meta::Session& session, const meta::Project& project, const std::string& image_id) {
  std::optional<meta::Image> image = SITEPOD_TRY(meta::find_image(session, image_id));
  if (!image) return image_not_found();
  if (image->project_id != project.id) return forbidden("The image belongs to another project.");
  return *std::move(image);
}

Result<void> check_guards(const ReleaseRequest& request, const meta::Environment& current) {
  if (request.expected_image_id && *request.expected_image_id != current.image_id)
    return conflict("Another image is live than the one expected.").detail("current_image_id", current.image_id);
  if (request.expects_any_image && current.image_id.empty())
    return conflict("Nothing is live there yet.").detail("current_image_id", "");
  if (request.source_seq && *request.source_seq < current.source_seq)
    return conflict("A newer run has released already.").detail("current_image_id", current.image_id);
  return {};
}

// The environment as it is now, once nothing stands in the way of moving it.
Result<meta::Environment> open_environment(meta::Session& session, const meta::Project& project,
                                           const ReleaseRequest& request, Instant now) {
  std::optional<meta::Environment> found =
      SITEPOD_TRY(meta::find_environment(session, project.id, request.environment));
  if (!found) {
    SITEPOD_TRY(check_host(session, project, request.environment));
    found = meta::Environment{project.id, request.environment, "", "", 0, 0, now};
  }
  SITEPOD_TRY(check_guards(request, *found));
  return *std::move(found);
}

struct Target {
  std::string image_id;
  std::int64_t walk_before = 0;  // 0: the release's own seq
};

Result<Target> release_target(meta::Session& session, const ReleaseRequest& request, const meta::Project& project) {
  if (!request.image_id.empty()) return Target{SITEPOD_TRY(find_target(session, project, request.image_id)).id, 0};
  const std::optional<meta::Image> newest = SITEPOD_TRY(meta::find_newest_image(session, project.id));
  if (!newest) return image_not_found();
  return Target{newest->id, 0};
}

// What was live before the current image was deployed, which after a rollback is not the deploy before that one. From
// there the next rollback goes on: rollbacks themselves are no steps of the walk (deploy API §6).
Result<Target> walk_back(meta::Session& session, const meta::Environment& current) {
  if (current.image_id.empty()) return no_earlier_image();
  const auto deploy_before = [&](std::int64_t seq) -> Result<Target> {
    const std::optional<meta::Release> earlier =
        SITEPOD_TRY(meta::find_earlier_deploy(session, current.project_id, current.name, seq, current.image_id));
    if (!earlier) return no_earlier_image();
    return Target{earlier->image_id, earlier->seq};
  };
  const std::optional<meta::Release> deploy = SITEPOD_TRY(
      meta::find_deploy_that_showed(session, current.project_id, current.name, current.image_id, current.walk_before));
  // Brought here by a rollback that named it.
  if (!deploy) return deploy_before(current.walk_before);
  // The first of all, or retention has taken what was there.
  if (!SITEPOD_TRY(meta::find_image(session, deploy->previous_image_id))) return deploy_before(deploy->seq);
  const std::optional<meta::Release> shown_by = SITEPOD_TRY(
      meta::find_deploy_of_image(session, current.project_id, current.name, deploy->previous_image_id, deploy->seq));
  return Target{deploy->previous_image_id, shown_by ? shown_by->seq : deploy->seq};
}

Result<Target> rollback_target(meta::Session& session, const ReleaseRequest& request,
                               const meta::Environment& current) {
  if (request.image_id.empty()) return walk_back(session, current);
  const std::optional<meta::Release> deploy =
      SITEPOD_TRY(meta::find_deploy_of_image(session, current.project_id, current.name, request.image_id));
  return Target{request.image_id, deploy ? deploy->seq : current.walk_before + 1};
}

}  // namespace

Result<void> check_may_release(meta::MetaStore& meta, const identity::Caller& caller, const ReleaseRequest& request) {
  const std::string name = SITEPOD_TRY(model::parse_project_name(request.project.name));
  SITEPOD_TRY(identity::check_may_release_to(caller, request.environment));
  return meta.read([&](meta::Session& session) -> Result<void> {
    const std::optional<meta::Project> project = SITEPOD_TRY(meta::find_project_by_name(session, name));
    if (project) {
      SITEPOD_TRY(identity::check_may_use_project(caller, *project));
      SITEPOD_TRY(open_environment(session, *project, request, {}));
      return {};
    }
    if (!caller.project_id.empty()) return forbidden("This token is good for another project only.");
    SITEPOD_TRY(host_label(model::subdomain_from(name), request.environment));
    return check_guards(request, {});
  });
}

// Moves the pointer: compare-and-set, history row and change row in one transaction.
static Result<Released> move_pointer(Deployer::State& state, const identity::Caller& caller,
                                     const ReleaseRequest& request, bool is_rollback, Instant now) {
  SITEPOD_TRY(identity::check_may_release_to(caller, request.environment));
  Released released;
  released.environment = request.environment;
  Result<void> written = state.meta.write([&](meta::Session& session) -> Result<void> {
    released.project = SITEPOD_TRY(load_project_of(session, caller, request.project));
    const meta::Project& project = released.project;
    if (!request.image_id.empty()) SITEPOD_TRY(find_target(session, project, request.image_id));
    meta::Environment environment = SITEPOD_TRY(open_environment(session, project, request, now));
    const Target target = is_rollback ? SITEPOD_TRY(rollback_target(session, request, environment))
                                      : SITEPOD_TRY(release_target(session, request, project));

    meta::Release row;
    row.project_id = project.id;
    row.environment = request.environment;
    row.image_id = target.image_id;
    row.previous_image_id = environment.image_id;
    row.kind = is_rollback ? "rollback" : "deploy";
    row.actor_id = caller.account_id;
    row.actor_email = caller.email;
    row.actor_address = caller.address;
    row.token_name = caller.token_name;
    row.created_at = now;
    const std::int64_t seq = SITEPOD_TRY(meta::insert_release(session, row));
    meta::Event event = identity::make_event(caller, row.kind, project, now);
    event.environment = row.environment;
    event.image_id = row.image_id;
    event.previous_image_id = row.previous_image_id;
    SITEPOD_TRY(meta::insert_event(session, event));

    environment.previous_image_id = environment.image_id;
    environment.image_id = target.image_id;
    environment.walk_before = is_rollback ? target.walk_before : seq;
    environment.source_seq = std::max(environment.source_seq, request.source_seq.value_or(0));
    environment.updated_at = now;
    SITEPOD_TRY(meta::upsert_environment(session, environment));
    SITEPOD_TRY(meta::insert_change(session, project.id));
    released.image_id = environment.image_id;
    released.previous_image_id = environment.previous_image_id;
    return {};
  });
  if (!written.ok()) return std::move(written).error();
  released.url = state.settings.urls.environment_url(released.project.subdomain, released.environment);
  log::info(is_rollback ? "environment rolled back" : "environment released",
            {{"project", released.project.name}, {"environment", released.environment}, {"image", released.image_id}});
  return released;
}

static Result<std::vector<std::string>> find_warnings(Deployer::State& state, const Released& released) {
  std::optional<meta::Image> before, now_live;
  Result<void> read = state.meta.read([&](meta::Session& session) -> Result<void> {
    before = SITEPOD_TRY(meta::find_image(session, released.previous_image_id));
    now_live = SITEPOD_TRY(meta::find_image(session, released.image_id));
    return {};
  });
  SITEPOD_TRY(std::move(read));
  if (!before || !now_live) return std::vector<std::string>();
  return describe_lock_changes(state.blobs, *before, *now_live);
}

Result<Released> Deployer::release(const identity::Caller& caller, const ReleaseRequest& request, Instant now) {
  return move_pointer(*state_, caller, request, false, now);
}

Result<Released> Deployer::rollback(const identity::Caller& caller, const ReleaseRequest& request, Instant now) {
  Released released = SITEPOD_TRY(move_pointer(*state_, caller, request, true, now));
  // It is done whatever becomes of the sentences about it.
  if (auto warnings = find_warnings(*state_, released); warnings.ok())
    released.warnings = *std::move(warnings);
  else
    log::warn("could not compare the locked pages of two images",
              {{"image", released.image_id}, {"reason", warnings.error().context}});
  return released;
}

}  // namespace sitepod::deploy
