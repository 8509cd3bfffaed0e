#include "deploy/project_creation.hpp"

#include "base/random.hpp"
#include "deploy/deployer_state.hpp"
#include "identity/audit.hpp"
#include "meta/domains.hpp"
#include "model/names.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::size_t kSuffixBytes = 5;  // "-" and four characters
constexpr int kSubdomainTries = 20;

Result<bool> is_free(meta::Session& session, const std::string& subdomain) {
  if (model::is_reserved_subdomain(subdomain)) return false;
  return SITEPOD_TRY(meta::find_label_holder(session, subdomain, "")).empty();
}

// The subdomain of a new project: its name's, or that with a random suffix when there is none or it is taken.
Result<std::string> choose_subdomain(meta::Session& session, const std::string& name) {
  const std::string wanted = model::subdomain_from(name);
  if (!wanted.empty()) {
    if (model::is_reserved_subdomain(wanted)) return invalid_request("The name \"" + name + "\" is reserved.");
    if (SITEPOD_TRY(is_free(session, wanted))) return wanted;
    const bool taken = SITEPOD_TRY(meta::find_project_by_subdomain(session, wanted)).has_value();
    if (!taken) return invalid_request("The name \"" + name + "\" stands for an environment of another project.");
  }
  std::string stem = wanted.substr(0, kMaxLabelBytes - kSuffixBytes);
  while (stem.ends_with('-')) stem.pop_back();
  if (stem.empty()) stem = "site";
  for (int i = 0; i < kSubdomainTries; ++i) {
    std::string suffixed = stem + "-" + random_base36(kSuffixBytes - 1);
    if (SITEPOD_TRY(is_free(session, suffixed))) return suffixed;
  }
  return internal("no free subdomain for " + name);
}

// Nobody has the name, and its host is free too.
Result<bool> is_name_free(meta::Session& session, const std::string& name) {
  if (!model::parse_project_name(name).ok()) return false;
  if (SITEPOD_TRY(meta::find_project_by_name(session, name))) return false;
  return is_free(session, model::subdomain_from(name));
}

}  // namespace

Result<meta::Project> create_project(meta::Session& session, const identity::Caller& caller, const std::string& name,
                                     const Quotas& quotas, Instant now) {
  if (!caller.project_id.empty()) return forbidden("This token is good for another project only.");
  if (SITEPOD_TRY(meta::count_projects_of(session, caller.account_id)) >= quotas.max_projects_per_user)
    return quota_exceeded("An account may have at most " + std::to_string(quotas.max_projects_per_user) + " projects.");
  meta::Project project;
  project.id = random_id("prj_");
  project.name = name;
  project.subdomain = SITEPOD_TRY(choose_subdomain(session, name));
  project.owner_id = caller.account_id;
  project.created_at = now;
  project.updated_at = now;
  SITEPOD_TRY(meta::insert_project(session, project));
  // In the account's log only: a project's own log says what visitors see of it.
  meta::Event event = identity::make_event(caller, "project_created", now);
  event.subject = project.name;
  SITEPOD_TRY(meta::insert_event(session, event));
  return project;
}

Result<meta::Project> create_suffixed_project(meta::Session& session, const identity::Caller& caller,
                                              const std::string& stem, const Quotas& quotas, Instant now) {
  std::string name = stem.substr(0, kMaxLabelBytes);
  for (int i = 0; i < kSubdomainTries && !SITEPOD_TRY(is_name_free(session, name)); ++i)
    name = stem.substr(0, kMaxLabelBytes - kSuffixBytes) + "-" + random_base36(kSuffixBytes - 1);
  return create_project(session, caller, name, quotas, now);
}

}  // namespace sitepod::deploy
