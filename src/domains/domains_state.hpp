// What the parts of Domains share. Only .cpp files of this room include it.
#pragma once

#include <semaphore>
#include <string>
#include <string_view>
#include <vector>

#include "domains/domains.hpp"
#include "domains/proof.hpp"

namespace sitepod::domains {

struct Domains::State {
  State(meta::MetaStore& store, DomainSettings domain_settings)
      : meta(store),
        settings(std::move(domain_settings)),
        resolver(settings.dns),
        free_lookups(settings.lookups_at_once) {}

  meta::MetaStore& meta;
  const DomainSettings settings;
  const net::DnsResolver resolver;
  std::counting_semaphore<> free_lookups;

  std::string host_of(const meta::Project& project) const { return project.subdomain + "." + settings.base_domain; }
  Findings look_up(const std::string& domain) const;
  // Whether the findings prove that the owner of these entries (all of one owner and domain) has the domain.
  Result<bool> is_proven(meta::Session& session, const std::vector<meta::Domain>& entries, const Findings& findings,
                         Instant now) const;
};

// The project that the reference names, when the caller may use it. Errors: NotFound, Forbidden.
Result<meta::Project> load_project(meta::Session& session, const identity::Caller& caller, const ProjectRef& project);

// The caller's entries of the domain; when an admin has none of it, everybody's.
Result<std::vector<meta::Domain>> entries_of(meta::Session& session, const identity::Caller& caller,
                                             std::string_view domain);
Error domain_not_found();
// Hosts show visitors production: a token that is good for another environment only changes none. Error: Forbidden.
Result<void> check_may_change_hosts(const identity::Caller& caller);

// A line of the audit log about this entry, and a change for the publisher.
Result<void> note_change(meta::Session& session, const meta::Domain& entry, std::string_view action,
                         const identity::Caller& caller, Instant now);
// The account may lose the domain to others from now on, with a fresh proof only, unless it has it active elsewhere.
Result<void> release_holder(meta::Session& session, const meta::Domain& entry, Instant now);

void add_once(std::vector<std::string>& ids, const std::string& id);

}  // namespace sitepod::domains
