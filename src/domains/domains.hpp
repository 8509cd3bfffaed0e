// Custom domains, paths on hosts and subdomains: claim, prove, list, give up, rename (deploy API §4, §9).
// Any thread; everything blocks for the database, verify() and reverify_due() for DNS as well. Callers are
// authenticated; who may touch which project or entry is decided here. Nothing here makes facts visible to visitors:
// the caller has the publisher publish `changed_projects`.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/caller.hpp"
#include "meta/domains.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"
#include "net/dns_resolver.hpp"

namespace sitepod::domains {

struct DomainSettings {
  std::string base_domain;  // lower-case, no port
  net::DnsOptions dns;
  std::ptrdiff_t lookups_at_once = 32;  // each holds a thread up to the timeout of `dns`; more are told to try later
  std::size_t max_entries_per_account = 1000;
};

// How a request names a project: by name, or by id. One of them is not empty.
struct ProjectRef {
  std::string name;
  std::string id;
};

struct Listed {
  meta::Domain entry;  // of a system entry: the project's own host under "/"
  std::string project;
  std::string host;  // the project's own: the target of a CNAME
  bool is_system = false;
};

struct Added {
  Listed listed;
  std::vector<std::string> changed_projects;  // ids
};

struct Verified {
  std::string domain;
  bool verified = false;
  std::string message;
  std::vector<std::string> changed_projects;
};

struct Renamed {
  meta::Project project;  // with the new subdomain
  std::string old_subdomain;
  std::string old_host;
  std::string new_host;
  std::vector<std::string> changed_projects;
};

struct Availability {
  bool available = false;
  std::string subdomain;   // as it would be
  std::string suggestion;  // a free one, when this one is not
  std::string reason;
};

struct Reverified {
  std::size_t checked = 0;   // domains that DNS answered for
  std::size_t detached = 0;  // entries
  std::vector<std::string> changed_projects;
};

class Domains {
 public:
  // `meta` outlives this.
  Domains(meta::MetaStore& meta, DomainSettings settings);
  ~Domains();

  const DomainSettings& settings() const;

  // A custom domain is pending until it is proven, unless the account has it already or the caller acts as admin; a
  // path on the caller's own host is active at once. Errors: Invalid, Forbidden (under the base domain, foreign
  // project), NotFound (project), Conflict (taken).
  Result<Added> add(const identity::Caller& caller, const ProjectRef& project, std::string_view domain,
                    std::string_view slug, Instant now);

  // Asks DNS when an entry is pending. Not proven is an answer, no error. Errors: Invalid, NotFound, Unavailable.
  Result<Verified> verify(const identity::Caller& caller, std::string_view domain, Instant now);

  // The system entry of a project first. Without a project: of all that are the caller's.
  Result<std::vector<Listed>> list(const identity::Caller& caller, const std::optional<ProjectRef>& project);

  // Without a slug: all the caller's entries of the domain. Yields the projects that changed. Errors: Invalid (a
  // project's own host), NotFound.
  Result<std::vector<std::string>> remove(const identity::Caller& caller, std::string_view domain,
                                          const std::optional<std::string>& slug, Instant now);

  // Gives the project another host. The same name changes nothing. Errors: Invalid, Conflict, NotFound, Forbidden.
  Result<Renamed> rename(const identity::Caller& caller, const ProjectRef& project, std::string_view new_subdomain,
                         Instant now);
  Result<Availability> check_subdomain(std::string_view wanted);

  // Looks again at active domains that were proven by DNS and not looked at for a day. A domain whose proof has been
  // denied for a week becomes pending; one that nobody answered for stays as it is. `keep_going` is asked between two
  // domains.
  Result<Reverified> reverify_due(Instant now, const std::function<bool()>& keep_going);

  // Shared by the parts of this class; defined in domains_state.hpp.
  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::domains
