#include "meta/domains.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

// Every question begins so; it goes on with its condition.
#define SITEPOD_SELECT_DOMAIN                                                                            \
  "SELECT id, project_id, owner_id, coalesce(host_project_id, ''), domain, slug, status, proof, token, " \
  "created_at, activated_at, checked_at, failing_since FROM domains "

Domain read_domain(const Row& row) {
  return {row.string(0),
          row.string(1),
          row.string(2),
          row.string(3),
          row.string(4),
          row.string(5),
          row.string(6),
          row.string(7),
          row.string(8),
          row.instant(9),
          row.optional_instant(10),
          row.optional_instant(11),
          row.optional_instant(12)};
}

DomainHolder read_holder(const Row& row) { return {row.string(0), row.string(1), row.optional_instant(2)}; }

// Without a host project the column is NULL, so that the entry depends on no project but its own.
Value host_of(const Domain& domain) {
  return domain.host_project_id.empty() ? Value(Null{}) : Value(domain.host_project_id);
}

}  // namespace

Result<void> insert_domain(Session& session, const Domain& domain) {
  return run(session,
             "INSERT INTO domains (id, project_id, owner_id, host_project_id, domain, slug, status, proof, token,"
             " created_at, activated_at, checked_at, failing_since)"
             " VALUES (:id, :project_id, :owner_id, :host, :domain, :slug, :status, :proof, :token,"
             " :created_at, :activated_at, :checked_at, :failing_since)",
             {{"id", domain.id},
              {"project_id", domain.project_id},
              {"owner_id", domain.owner_id},
              {"host", host_of(domain)},
              {"domain", domain.domain},
              {"slug", domain.slug},
              {"status", domain.status},
              {"proof", domain.proof},
              {"token", domain.token},
              {"created_at", domain.created_at},
              {"activated_at", domain.activated_at},
              {"checked_at", domain.checked_at},
              {"failing_since", domain.failing_since}});
}

Result<void> update_domain(Session& session, const Domain& domain) {
  return run(session,
             "UPDATE domains SET project_id = :project_id, host_project_id = :host, domain = :domain, slug = :slug,"
             " status = :status, proof = :proof, token = :token, activated_at = :activated_at,"
             " checked_at = :checked_at, failing_since = :failing_since WHERE id = :id",
             {{"project_id", domain.project_id},
              {"host", host_of(domain)},
              {"domain", domain.domain},
              {"slug", domain.slug},
              {"status", domain.status},
              {"proof", domain.proof},
              {"token", domain.token},
              {"activated_at", domain.activated_at},
              {"checked_at", domain.checked_at},
              {"failing_since", domain.failing_since},
              {"id", domain.id}});
}

Result<void> delete_domain(Session& session, std::string_view id) {
  return run(session, "DELETE FROM domains WHERE id = :id", {{"id", id}});
}

Result<std::vector<Domain>> list_domains_of_project(Session& session, std::string_view project_id) {
  return find_all(session, read_domain, SITEPOD_SELECT_DOMAIN "WHERE project_id = :project_id ORDER BY domain, slug",
                  {{"project_id", project_id}});
}

Result<std::vector<Domain>> list_domains_of_owner(Session& session, std::string_view owner_id) {
  return find_all(session, read_domain, SITEPOD_SELECT_DOMAIN "WHERE owner_id = :owner_id ORDER BY domain, slug",
                  {{"owner_id", owner_id}});
}

Result<std::vector<Domain>> list_domains_named(Session& session, std::string_view domain) {
  return find_all(session, read_domain, SITEPOD_SELECT_DOMAIN "WHERE domain = :domain ORDER BY slug, created_at, id",
                  {{"domain", domain}});
}

Result<std::vector<Domain>> list_domains_on_host_of(Session& session, std::string_view host_project_id) {
  return find_all(session, read_domain, SITEPOD_SELECT_DOMAIN "WHERE host_project_id = :host ORDER BY slug",
                  {{"host", host_project_id}});
}

Result<std::vector<Domain>> list_domains_to_check(Session& session, Instant checked_before, std::int64_t limit) {
  return find_all(session, read_domain,
                  SITEPOD_SELECT_DOMAIN
                  "WHERE status = 'active' AND proof = 'dns' AND checked_at < :before ORDER BY checked_at LIMIT :limit",
                  {{"before", checked_before}, {"limit", limit}});
}

Result<std::optional<DomainHolder>> find_domain_holder(Session& session, std::string_view domain) {
  return find_one(session, read_holder,
                  "SELECT domain, owner_id, released_at FROM domain_holders WHERE domain = :domain",
                  {{"domain", domain}});
}

Result<void> put_domain_holder(Session& session, const DomainHolder& holder) {
  return run(session,
             "INSERT INTO domain_holders (domain, owner_id, released_at) VALUES (:domain, :owner_id, :released_at)"
             " ON CONFLICT (domain) DO UPDATE SET owner_id = excluded.owner_id, released_at = excluded.released_at",
             {{"domain", holder.domain}, {"owner_id", holder.owner_id}, {"released_at", holder.released_at}});
}

Result<std::int64_t> release_orphaned_holders(Session& session, Instant now) {
  return session.execute(
      "UPDATE domain_holders SET released_at = :now WHERE released_at IS NULL AND NOT EXISTS"
      " (SELECT 1 FROM domains d WHERE d.domain = domain_holders.domain AND d.status = 'active')",
      {{"now", now}});
}

Result<std::int64_t> delete_holders_released_before(Session& session, Instant before) {
  return session.execute("DELETE FROM domain_holders WHERE released_at < :before", {{"before", before}});
}

}  // namespace sitepod::meta
