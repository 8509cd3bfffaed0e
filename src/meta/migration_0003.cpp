// Step 3: custom domains and paths on hosts.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0003_domains() {
  return {3,
          "domains",
          {
              // host_project_id: the project on whose own host the path lies; the path goes with it. Else NULL: a
              // custom domain, of which several accounts may have pending entries but only one an active one.
              R"(CREATE TABLE domains (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  owner_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  host_project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
  domain TEXT NOT NULL,
  slug TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'active')),
  proof TEXT NOT NULL CHECK (proof IN ('none', 'dns', 'admin', 'host')),
  token TEXT NOT NULL,
  created_at {integer} NOT NULL,
  activated_at {integer},
  checked_at {integer},
  failing_since {integer},
  UNIQUE (domain, slug, owner_id)) {strict})",
              "CREATE UNIQUE INDEX domains_active ON domains (domain, slug) WHERE status = 'active'",
              "CREATE INDEX domains_by_project ON domains (project_id)",
              "CREATE INDEX domains_by_owner ON domains (owner_id, domain, slug)",
              "CREATE INDEX domains_by_host ON domains (host_project_id) WHERE host_project_id IS NOT NULL",
              "CREATE INDEX domains_to_check ON domains (checked_at) WHERE status = 'active' AND proof = 'dns'",

              // Who had a custom domain active last. No references: it outlives the account, whose DNS records may
              // still point here.
              R"(CREATE TABLE domain_holders (
  domain TEXT NOT NULL PRIMARY KEY,
  owner_id TEXT NOT NULL,
  released_at {integer}) {strict})",
          }};
}

}  // namespace sitepod::meta
