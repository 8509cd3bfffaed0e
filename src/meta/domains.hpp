// Rows about custom domains, paths on hosts and subdomains; the rest of the rows is in meta/records.hpp, whose rules
// hold here too. The schema is in meta/migration_0003.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

// ---- domains --------------------------------------------------------------------------------------------------------
struct Domain {
  std::string id;  // dom_…
  std::string project_id;
  std::string owner_id;         // the project's owner
  std::string host_project_id;  // not empty: a path on that project's own host
  std::string domain;
  std::string slug;    // "/", "/blog"
  std::string status;  // "pending", "active"
  std::string proof;   // why it is active: "dns", "admin", "host"; "none" while pending
  std::string token;   // sitepod-verify-…
  Instant created_at;
  std::optional<Instant> activated_at;
  std::optional<Instant> checked_at;     // when DNS last gave an answer
  std::optional<Instant> failing_since;  // since when it has denied the proof
  bool is_active() const { return status == "active"; }
};
Result<void> insert_domain(Session&, const Domain&);  // Conflict when the owner has the entry or it is active elsewhere
// Everything but id, owner and creation.
Result<void> update_domain(Session&, const Domain&);
Result<void> delete_domain(Session&, std::string_view id);
// By domain, then slug.
Result<std::vector<Domain>> list_domains_of_project(Session&, std::string_view project_id);
Result<std::vector<Domain>> list_domains_of_owner(Session&, std::string_view owner_id);
Result<std::vector<Domain>> list_domains_named(Session&, std::string_view domain);  // of all owners
Result<std::vector<Domain>> list_domains_on_host_of(Session&, std::string_view host_project_id);
// Active by DNS and last checked before the instant, longest ago first.
Result<std::vector<Domain>> list_domains_to_check(Session&, Instant checked_before, std::int64_t limit);

// ---- who had a custom domain last
// -------------------------------------------------------------------------------------
struct DomainHolder {
  std::string domain;
  std::string owner_id;
  std::optional<Instant> released_at;  // nothing: it is active, or nobody has noticed yet that it is not
};
Result<std::optional<DomainHolder>> find_domain_holder(Session&, std::string_view domain);
Result<void> put_domain_holder(Session&, const DomainHolder&);
// Marks those that have no active entry any more: their accounts or projects were deleted.
Result<std::int64_t> release_orphaned_holders(Session&, Instant now);
Result<std::int64_t> delete_holders_released_before(Session&, Instant before);

// ---- subdomains -----------------------------------------------------------------------------------------------------
// The name of the other project whose host is, or is kept for, this first label (deploy API §4, §6); empty when it is
// free for `project_id`.
Result<std::string> find_label_holder(Session&, std::string_view label, std::string_view project_id);
Result<void> set_subdomain(Session&, std::string_view project_id, std::string_view subdomain, Instant updated_at);

}  // namespace sitepod::meta
