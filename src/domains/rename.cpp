#include "base/random.hpp"
#include "domains/domains_state.hpp"
#include "model/names.hpp"

namespace sitepod::domains {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kSuffixBytes = 5;  // "-" and four characters
constexpr int kSuggestionTries = 20;

// Every environment moves with its project, to a host that must be possible and nobody else's.
Result<void> check_environments(meta::Session& session, const meta::Project& project, const std::string& subdomain) {
  for (const meta::Environment& environment : SITEPOD_TRY(meta::list_environments(session, project.id))) {
    if (environment.name == model::kProduction) continue;
    const std::string label = model::environment_label(subdomain, environment.name);
    if (label.size() > kMaxLabel)
      return invalid_request("The subdomain is too long for the project's environment \"" + environment.name + "\".");
    const bool is_reserved = environment.name != "beta" && model::is_reserved_subdomain(label);
    if (is_reserved || !SITEPOD_TRY(meta::find_label_holder(session, label, project.id)).empty())
      return conflict("The host of the environment \"" + environment.name + "\" would belong to another project.");
  }
  return {};
}

Result<void> check_previews(meta::Session& session, const meta::Project& project, const std::string& subdomain) {
  for (const meta::Preview& preview : SITEPOD_TRY(meta::list_previews(session, project.id)))
    if (subdomain.size() + 2 + preview.slug.size() > kMaxLabel)
      return invalid_request("The subdomain is too long for the project's preview \"" + preview.slug + "\".");
  return {};
}

// `typed` counts too: what begins with "_" is kept for records like _acme-challenge, also after its "_" is gone.
bool is_reserved(std::string_view typed, const std::string& subdomain) {
  return typed.starts_with('_') || model::is_reserved_subdomain(subdomain);
}

Result<std::string> fault_of(meta::Session& session, std::string_view typed, const std::string& subdomain) {
  if (is_reserved(typed, subdomain)) return std::string("It is reserved.");
  if (subdomain.empty()) return std::string("It has no letter or digit.");
  if (!SITEPOD_TRY(meta::find_label_holder(session, subdomain, "")).empty()) return std::string("It is taken.");
  return std::string();
}

Result<std::string> suggest(meta::Session& session, const std::string& wanted) {
  std::string stem = wanted.substr(0, kMaxLabel - kSuffixBytes);
  while (stem.ends_with('-')) stem.pop_back();
  if (stem.empty()) stem = "site";
  for (int i = 0; i < kSuggestionTries; ++i) {
    std::string suffixed = stem + "-" + random_base36(kSuffixBytes - 1);
    if (SITEPOD_TRY(fault_of(session, suffixed, suffixed)).empty()) return suffixed;
  }
  return internal("no free subdomain near " + wanted);
}

}  // namespace

Result<Renamed> Domains::rename(const identity::Caller& caller, const ProjectRef& ref, std::string_view new_subdomain,
                                Instant now) {
  const State& state = *state_;
  const std::string subdomain = model::subdomain_from(new_subdomain);
  if (is_reserved(new_subdomain, subdomain))
    return invalid_request("The subdomain \"" + std::string(new_subdomain) + "\" is reserved; choose another one.");
  if (subdomain.empty()) return invalid_request("The field \"new_subdomain\" has no letter or digit.");
  return state.meta.write([&](meta::Session& session) -> Result<Renamed> {
    Renamed renamed;
    renamed.project = SITEPOD_TRY(load_project(session, caller, ref));
    SITEPOD_TRY(check_may_change_hosts(caller));
    meta::Project& project = renamed.project;
    renamed.old_subdomain = project.subdomain;
    renamed.old_host = renamed.new_host = state.host_of(project);
    if (project.subdomain == subdomain) return renamed;
    if (!SITEPOD_TRY(meta::find_label_holder(session, subdomain, project.id)).empty())
      return conflict("The subdomain \"" + subdomain + "\" is taken.");
    SITEPOD_TRY(check_environments(session, project, subdomain));
    SITEPOD_TRY(check_previews(session, project, subdomain));

    SITEPOD_TRY(meta::set_subdomain(session, project.id, subdomain, now));
    project.subdomain = subdomain;
    renamed.new_host = state.host_of(project);
    renamed.changed_projects.push_back(project.id);
    // What others of the owner's projects have on this host moves with it.
    for (meta::Domain& entry : SITEPOD_TRY(meta::list_domains_on_host_of(session, project.id))) {
      entry.domain = renamed.new_host;
      SITEPOD_TRY(meta::update_domain(session, entry));
      SITEPOD_TRY(meta::insert_change(session, entry.project_id));
      add_once(renamed.changed_projects, entry.project_id);
    }
    meta::Domain host;
    host.project_id = project.id;
    host.owner_id = project.owner_id;
    host.domain = renamed.old_host + " → " + renamed.new_host;
    host.slug = "/";
    SITEPOD_TRY(note_change(session, host, "subdomain_renamed", caller, now));
    return renamed;
  });
}

Result<Availability> Domains::check_subdomain(std::string_view wanted) {
  return state_->meta.read([&](meta::Session& session) -> Result<Availability> {
    Availability answer;
    answer.subdomain = model::subdomain_from(wanted);
    answer.reason = SITEPOD_TRY(fault_of(session, wanted, answer.subdomain));
    answer.available = answer.reason.empty();
    if (!answer.available) answer.suggestion = SITEPOD_TRY(suggest(session, answer.subdomain));
    return answer;
  });
}

}  // namespace sitepod::domains
