#include "domains/domains.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "domains/domains_state.hpp"
#include "identity/project_access.hpp"
#include "model/domain_name.hpp"
#include "model/names.hpp"

namespace sitepod::domains {
namespace {

constexpr std::string_view kRoot = "/";

Error names_are_given(std::string_view base_domain) {
  return forbidden(std::string(base_domain) + " and the names under it are given by the server.");
}
Error taken() { return conflict("This domain and path are taken."); }

// The base domain itself may have fewer labels than a domain that somebody can own (localhost).
Result<std::string> parse_claim(std::string_view domain, const std::string& base_domain) {
  if (model::plain_host(domain) == base_domain) return names_are_given(base_domain);
  return model::parse_domain_name(domain);
}

// The project whose own host the domain is.
Result<std::optional<meta::Project>> find_host_project(meta::Session& session, std::string_view domain,
                                                       std::string_view base_domain) {
  if (domain.size() <= base_domain.size() + 1 || !model::is_at_or_under(domain, base_domain))
    return std::optional<meta::Project>();
  return meta::find_project_by_subdomain(session, domain.substr(0, domain.size() - base_domain.size() - 1));
}

// A path on a project's own host is for whoever has both projects.
Result<void> claim_path(meta::Session& session, const identity::Caller& caller, const meta::Project& project,
                        std::string_view base_domain, meta::Domain& entry) {
  const Error not_yours = names_are_given(base_domain);
  const auto host = SITEPOD_TRY(find_host_project(session, entry.domain, base_domain));
  if (!host || entry.slug == kRoot || !identity::check_may_use_project(caller, *host).ok()) return not_yours;
  if (host->owner_id != project.owner_id && !identity::acts_as_admin(caller)) return not_yours;
  for (const meta::Domain& other : SITEPOD_TRY(meta::list_domains_named(session, entry.domain)))
    if (other.slug == entry.slug) return taken();
  entry.host_project_id = host->id;
  entry.status = "active";
  entry.proof = "host";
  return {};
}

// Pending, unless the account has proven the domain already or an admin says so.
Result<void> claim_domain(meta::Session& session, const identity::Caller& caller, meta::Domain& entry) {
  const meta::Domain* proven = nullptr;
  const auto named = SITEPOD_TRY(meta::list_domains_named(session, entry.domain));
  for (const meta::Domain& other : named) {
    const bool is_own = other.owner_id == entry.owner_id;
    if (is_own ? other.slug == entry.slug : other.is_active()) return taken();
    if (!is_own) continue;
    // One record in DNS serves all of an account's entries of a domain.
    entry.token = other.token;
    if (other.is_active() && (!proven || other.proof == "dns")) proven = &other;
  }
  if (entry.token.empty()) entry.token = new_token();
  if (!proven && !identity::acts_as_admin(caller)) return {};
  entry.status = "active";
  entry.proof = proven ? proven->proof : "admin";
  entry.activated_at = entry.created_at;
  if (proven) entry.checked_at = proven->checked_at;
  if (proven) entry.failing_since = proven->failing_since;
  return meta::put_domain_holder(session, {entry.domain, entry.owner_id, std::nullopt});
}

Listed system_entry(const meta::Project& project, const std::string& host) {
  Listed listed;
  listed.entry.id = "dom_" + project.id.substr(project.id.find('_') + 1);
  listed.entry.project_id = project.id;
  listed.entry.owner_id = project.owner_id;
  listed.entry.domain = host;
  listed.entry.slug = kRoot;
  listed.entry.status = "active";
  listed.entry.proof = "host";
  listed.entry.created_at = project.created_at;
  listed.project = project.name;
  listed.host = host;
  listed.is_system = true;
  return listed;
}

}  // namespace

Error domain_not_found() { return not_found("not_found", "You have no such domain."); }

Result<void> check_may_change_hosts(const identity::Caller& caller) {
  return identity::check_may_release_to(caller, model::kProduction);
}

void add_once(std::vector<std::string>& ids, const std::string& id) {
  if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
}

Result<meta::Project> load_project(meta::Session& session, const identity::Caller& caller, const ProjectRef& ref) {
  return identity::load_project(session, caller, ref.name, ref.id);
}

Result<std::vector<meta::Domain>> entries_of(meta::Session& session, const identity::Caller& caller,
                                             std::string_view domain) {
  std::vector<meta::Domain> all = SITEPOD_TRY(meta::list_domains_named(session, domain));
  if (!caller.project_id.empty())
    std::erase_if(all, [&](const meta::Domain& entry) { return entry.project_id != caller.project_id; });
  std::vector<meta::Domain> own;
  std::copy_if(all.begin(), all.end(), std::back_inserter(own),
               [&](const meta::Domain& entry) { return entry.owner_id == caller.account_id; });
  return own.empty() && identity::acts_as_admin(caller) ? all : own;
}

Result<void> note_change(meta::Session& session, const meta::Domain& entry, std::string_view action,
                         const identity::Caller& caller, Instant now) {
  meta::Event event;
  event.project_id = entry.project_id;
  event.account_id = entry.owner_id;
  event.action = action;
  event.subject = entry.domain + (entry.slug == kRoot ? "" : entry.slug);
  event.actor_id = caller.account_id;
  event.actor_email = caller.email;
  event.actor_address = caller.address;
  event.token_name = caller.token_name;
  event.created_at = now;
  SITEPOD_TRY(meta::insert_event(session, event));
  SITEPOD_TRY(meta::insert_change(session, entry.project_id));
  return {};
}

Result<void> release_holder(meta::Session& session, const meta::Domain& entry, Instant now) {
  if (!entry.host_project_id.empty()) return {};
  for (const meta::Domain& other : SITEPOD_TRY(meta::list_domains_named(session, entry.domain)))
    if (other.is_active()) return {};
  return meta::put_domain_holder(session, {entry.domain, entry.owner_id, now});
}

Domains::Domains(meta::MetaStore& meta, DomainSettings settings)
    : state_(std::make_unique<State>(meta, std::move(settings))) {}

Domains::~Domains() = default;

const DomainSettings& Domains::settings() const { return state_->settings; }

Result<Added> Domains::add(const identity::Caller& caller, const ProjectRef& ref, std::string_view domain,
                           std::string_view slug, Instant now) {
  const State& state = *state_;
  meta::Domain entry;
  entry.id = random_id("dom_");
  entry.slug = SITEPOD_TRY(model::parse_slug(slug));
  entry.domain = SITEPOD_TRY(parse_claim(domain, state.settings.base_domain));
  entry.status = "pending";
  entry.proof = "none";
  entry.created_at = now;
  const bool is_ours = model::is_at_or_under(entry.domain, state.settings.base_domain);

  return state.meta.write([&](meta::Session& session) -> Result<Added> {
    const meta::Project project = SITEPOD_TRY(load_project(session, caller, ref));
    SITEPOD_TRY(check_may_change_hosts(caller));
    meta::Domain claimed = entry;
    claimed.project_id = project.id;
    claimed.owner_id = project.owner_id;
    if (SITEPOD_TRY(meta::list_domains_of_owner(session, project.owner_id)).size() >=
        state.settings.max_entries_per_account)
      return invalid("quota_exceeded", "An account may have at most " +
                                           std::to_string(state.settings.max_entries_per_account) + " domains.");
    if (is_ours)
      SITEPOD_TRY(claim_path(session, caller, project, state.settings.base_domain, claimed));
    else
      SITEPOD_TRY(claim_domain(session, caller, claimed));
    SITEPOD_TRY(meta::insert_domain(session, claimed));
    SITEPOD_TRY(note_change(session, claimed, "domain_added", caller, now));
    Added added{{claimed, project.name, state.host_of(project), false}, {}};
    if (claimed.is_active()) added.changed_projects.push_back(project.id);
    return added;
  });
}

Result<std::vector<Listed>> Domains::list(const identity::Caller& caller, const std::optional<ProjectRef>& ref) {
  const State& state = *state_;
  return state.meta.read([&](meta::Session& session) -> Result<std::vector<Listed>> {
    std::vector<meta::Project> projects;
    if (ref)
      projects.push_back(SITEPOD_TRY(load_project(session, caller, *ref)));
    else
      projects = SITEPOD_TRY(meta::list_projects(session, caller.account_id, INT64_MAX, 0));
    std::vector<Listed> listed;
    for (const meta::Project& project : projects) {
      if (!identity::check_may_use_project(caller, project).ok()) continue;
      const std::string host = state.host_of(project);
      listed.push_back(system_entry(project, host));
      for (meta::Domain& entry : SITEPOD_TRY(meta::list_domains_of_project(session, project.id)))
        listed.push_back({std::move(entry), project.name, host, false});
    }
    return listed;
  });
}

Result<std::vector<std::string>> Domains::remove(const identity::Caller& caller, std::string_view domain,
                                                 const std::optional<std::string>& slug, Instant now) {
  const State& state = *state_;
  const std::string name = SITEPOD_TRY(model::parse_domain_name(domain));
  std::optional<std::string> wanted;
  if (slug) wanted = SITEPOD_TRY(model::parse_slug(*slug));
  return state.meta.write([&](meta::Session& session) -> Result<std::vector<std::string>> {
    const auto host = SITEPOD_TRY(find_host_project(session, name, state.settings.base_domain));
    if (host && (!wanted || *wanted == kRoot) && identity::check_may_use_project(caller, *host).ok())
      return invalid_request("A project's own host cannot be removed; rename it or delete the project.");
    std::vector<meta::Domain> entries = SITEPOD_TRY(entries_of(session, caller, name));
    if (wanted) std::erase_if(entries, [&](const meta::Domain& entry) { return entry.slug != *wanted; });
    if (entries.empty()) return domain_not_found();
    SITEPOD_TRY(check_may_change_hosts(caller));
    std::vector<std::string> changed;
    for (const meta::Domain& entry : entries) {
      SITEPOD_TRY(meta::delete_domain(session, entry.id));
      if (entry.is_active()) SITEPOD_TRY(release_holder(session, entry, now));
      SITEPOD_TRY(note_change(session, entry, "domain_removed", caller, now));
      if (entry.is_active()) add_once(changed, entry.project_id);
    }
    return changed;
  });
}

}  // namespace sitepod::domains
