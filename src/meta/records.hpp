// The rows of the metadata store as values, and the functions that read and write them, one group per noun.
// Every function runs inside the transaction of the Session it is given; find_x: absence is an ordinary answer.
// The schema is in meta/migration_0001.cpp and its successors; docs/formats/metadata.md explains it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

// ---- accounts -----------------------------------------------------------------------------------------------------
struct Account {
  std::string id;             // usr_…
  std::string email;          // lower-case
  std::string password_hash;  // argon2id string of libsodium; empty: cannot log in by password
  bool is_admin = false;
  std::string kind;  // "human", "system", "demo"
  Instant created_at;
};
Result<std::optional<Account>> find_account(Session&, std::string_view id);
Result<std::optional<Account>> find_account_by_email(Session&, std::string_view email);
Result<std::int64_t> count_human_accounts(Session&);
Result<void> insert_account(Session&, const Account&);  // Conflict when the e-mail is taken
Result<void> set_password_hash(Session&, std::string_view account_id, std::string_view hash);
Result<std::int64_t> count_human_admins(Session&);
// With everything that is its: tokens, projects and all that is theirs, plans, grants, invites. Its events are apart
// (delete_events_of_account). False: there was none.
Result<bool> delete_account(Session&, std::string_view id);

// ---- tokens -------------------------------------------------------------------------------------------------------
struct Token {
  std::string id;  // tok_…
  Digest digest;   // SHA-256 of the secret; the secret itself is nowhere
  std::string account_id;
  std::string name;
  std::string kind;         // "login" (sliding expiry) or "api"
  std::string scopes;       // space-separated: deploy read content admin; empty: what the account may do
  std::string project_id;   // empty: all of the account's
  std::string environment;  // empty: all
  Instant created_at;
  std::optional<Instant> expires_at;
  std::optional<Instant> last_used_at;
};
Result<std::optional<Token>> find_token_by_digest(Session&, const Digest& digest);
Result<void> insert_token(Session&, const Token&);
Result<void> touch_token(Session&, std::string_view id, Instant used_at, std::optional<Instant> expires_at);
Result<void> delete_token(Session&, std::string_view id);
Result<std::optional<Token>> find_token(Session&, std::string_view id);
// Those of kind "api", newest first.
Result<std::vector<Token>> list_tokens(Session&, std::string_view account_id, std::string_view kind);
Result<void> rename_token(Session&, std::string_view id, std::string_view name);
// Ends the logins of an account but one.
Result<void> delete_other_logins(Session&, std::string_view account_id, std::string_view kept_token_id);

// ---- projects -----------------------------------------------------------------------------------------------------
struct Project {
  std::string id;         // prj_…
  std::string name;       // as given; unique without regard to case
  std::string subdomain;  // unique
  std::string owner_id;
  Instant created_at;
  Instant updated_at;
};
Result<std::optional<Project>> find_project(Session&, std::string_view id);
Result<std::optional<Project>> find_project_by_name(Session&, std::string_view name);  // any case
Result<std::optional<Project>> find_project_by_subdomain(Session&, std::string_view subdomain);
Result<std::int64_t> count_projects_of(Session&, std::string_view owner_id);
Result<void> insert_project(Session&, const Project&);  // Conflict when name or subdomain is taken
// owner_id empty: all. Newest update first.
Result<std::vector<Project>> list_projects(Session&, std::string_view owner_id, std::int64_t limit,
                                           std::int64_t offset);
Result<std::vector<std::string>> list_project_ids_of(Session&, std::string_view owner_id);
// With everything that is its; false: there was none. The caller adds a change, so that the publisher hears of it.
Result<bool> delete_project(Session&, std::string_view id);
// Every project id, for the publisher's start; calls `each` per id.
Result<void> each_project_id(Session&, const std::function<void(std::string_view id)>& each);

// ---- blobs --------------------------------------------------------------------------------------------------------
// Known bytes. `staged_by` is empty once a commit's durability barrier has passed; until then it is the id of the
// server run that stored the file, and a row staged by another run proves nothing: its file is hashed again before it
// counts.
struct Blob {
  Digest sha256;
  Digest blake3;
  std::uint64_t size = 0;
  std::string staged_by;
};
Result<std::optional<Blob>> find_blob(Session&, const Digest& sha256);
Result<std::optional<Blob>> find_blob_by_blake3(Session&, const Digest& blake3);
Result<void> upsert_blob(Session&, const Blob&, Instant created_at);  // keeps an already durable row durable
Result<void> mark_blob_durable(Session&, const Digest& sha256);
Result<void> delete_blob(Session&, const Digest& sha256);
Result<void> each_blob(Session&, const std::function<bool(const Blob&)>& each);
// Presence per account: uploaded by it, or part of an image of a project of it (commit grants those). Requires: the
// blob is known.
Result<void> grant_blob(Session&, std::string_view account_id, const Digest& sha256);
// The blob that `name` (its SHA-256 or its BLAKE3) stands for, if the account has it.
Result<std::optional<Blob>> find_blob_of_account(Session&, std::string_view account_id, const Digest& name);
// The same for many names at once, several times faster: `each` gets the position of every name that the account has,
// in no order.
Result<void> find_blobs_of_account(Session&, std::string_view account_id, std::span<const Digest> names,
                                   const std::function<void(std::size_t position, const Blob&)>& each);
// Grants of blobs that were deleted; gc sweeps them. Reads all grants.
Result<std::int64_t> delete_grants_without_blob(Session&);
Result<bool> account_has_blobs(Session&, std::string_view account_id);

// ---- encoded variants (derived; made once per blob)
// ------------------------------------------------------------------
struct Variant {
  Digest source;           // the identity blob
  std::string encoding;    // "gzip", "zstd", "br"
  Digest blob;             // the encoded bytes; all zero when encoding does not pay
  std::uint64_t size = 0;  // 0: does not pay
};
Result<std::vector<Variant>> find_variants(Session&, const Digest& source);
Result<void> insert_variant(Session&, const Variant&);  // a repeated insert keeps the first

// ---- plans --------------------------------------------------------------------------------------------------------
struct GitInfo {
  std::string commit, branch, message;
};
struct Plan {
  std::string id;  // plan_…
  std::string project_id;
  std::string account_id;
  std::string entries;  // packed, see deploy/plan_entries.hpp
  std::uint64_t file_count = 0;
  std::string content_hash;
  std::string message;
  GitInfo git;
  Instant created_at;
  Instant expires_at;
  std::string image_id;  // empty until committed
};
Result<std::optional<Plan>> find_plan(Session&, std::string_view id);
// The same without the entries (they can be megabytes).
Result<std::optional<Plan>> find_plan_head(Session&, std::string_view id);
Result<void> insert_plan(Session&, const Plan&);
Result<void> renew_plan(Session&, std::string_view id, Instant expires_at);
Result<void> set_plan_committed(Session&, std::string_view id, std::string_view image_id);  // also drops the entries
Result<std::int64_t> delete_expired_plans(Session&, Instant before);

// ---- images -------------------------------------------------------------------------------------------------------
struct Image {
  std::string id;            // img_…
  std::int64_t seq = 0;      // global commit order; given by insert_image
  std::int64_t version = 0;  // 1, 2, 3 … within the project; given by insert_image
  std::string project_id;
  Digest manifest;  // blob of the canonical manifest; its hex is the content_hash
  std::uint64_t file_count = 0;
  std::uint64_t total_size = 0;
  std::string message;
  GitInfo git;
  std::string plan_id;
  Instant created_at;
  std::string encoding_state;     // "pending", "gzip" (first stage done), "done"
  std::string source = "deploy";  // or "build": made from pages
};
Result<std::optional<Image>> find_image(Session&, std::string_view id);
Result<std::optional<Image>> find_image_by_version(Session&, std::string_view project_id, std::int64_t version);
Result<std::optional<Image>> find_newest_image(Session&, std::string_view project_id);
Result<std::optional<Image>> find_image_of_plan(Session&, std::string_view plan_id);
Result<Image> insert_image(Session&, Image);  // fills seq and version; the project counts as updated
Result<void> set_encoding_state(Session&, std::string_view image_id, std::string_view state);
// Newest commit first.
Result<std::vector<Image>> list_images(Session&, std::string_view project_id, std::int64_t limit, std::int64_t offset);
Result<std::int64_t> count_images(Session&, std::string_view project_id);
// Those without their first stage before the others, oldest first.
Result<std::vector<Image>> list_images_to_encode(Session&, std::int64_t limit);
Result<void> each_image(Session&, const std::function<bool(const Image&)>& each);

// ---- environments and releases
// ---------------------------------------------------------------------------------------
struct Environment {
  std::string project_id;
  std::string name;
  std::string image_id;
  std::string previous_image_id;  // empty when there was none
  // Releases of this environment with a smaller seq are what rollback walks back through (deploy API §6).
  std::int64_t walk_before = 0;
  std::int64_t source_seq = 0;  // highest source_seq released so far; 0: none
  Instant updated_at;
};
Result<std::optional<Environment>> find_environment(Session&, std::string_view project_id, std::string_view name);
Result<std::vector<Environment>> list_environments(Session&, std::string_view project_id);
Result<void> upsert_environment(Session&, const Environment&);

struct Release {
  std::int64_t seq = 0;  // global order; given by insert_release
  std::string project_id;
  std::string environment;
  std::string image_id;
  std::string previous_image_id;
  std::string kind;  // "deploy" or "rollback"
  std::string actor_id;
  std::string actor_email;
  std::string actor_address;
  std::string token_name;
  Instant created_at;
};
Result<std::int64_t> insert_release(Session&, const Release&);  // the project counts as updated
// The newest kind "deploy" release of the environment with seq < before whose image is not `not_image` and still
// exists.
Result<std::optional<Release>> find_earlier_deploy(Session&, std::string_view project_id, std::string_view environment,
                                                   std::int64_t before, std::string_view not_image);
// The newest kind "deploy" release of that image there with seq < before.
Result<std::optional<Release>> find_deploy_of_image(Session&, std::string_view project_id, std::string_view environment,
                                                    std::string_view image_id, std::int64_t before = INT64_MAX);
// The same, with seq <= last, and of those only one that put the image in another's place, or in nobody's.
Result<std::optional<Release>> find_deploy_that_showed(Session&, std::string_view project_id,
                                                       std::string_view environment, std::string_view image_id,
                                                       std::int64_t last);
// Images ever live in the environment, latest release first, each once.
Result<std::vector<Image>> list_images_released_to(Session&, std::string_view project_id, std::string_view environment,
                                                   std::int64_t limit, std::int64_t offset);
Result<std::int64_t> count_images_released_to(Session&, std::string_view project_id, std::string_view environment);
// Newest first.
Result<std::vector<Release>> list_releases(Session&, std::string_view project_id, std::int64_t limit,
                                           std::int64_t offset);

// ---- change feed: what the publisher must look at again
// --------------------------------------------------------------- Only the newest change of each project is kept.
Result<std::int64_t> insert_change(Session&, std::string_view project_id);
Result<std::int64_t> newest_change(Session&);
Result<void> each_change_after(Session&, std::int64_t seq,
                               const std::function<void(std::int64_t seq, std::string_view project_id)>& each);

// ---- previews -----------------------------------------------------------------------------------------------------
struct Preview {
  std::string project_id;
  std::string slug;
  std::string image_id;
  std::string password_hash;  // argon2id string; empty: everybody may look
  Instant created_at;
  Instant expires_at;  // from this instant on it is gone
};
Result<std::optional<Preview>> find_preview(Session&, std::string_view project_id, std::string_view slug);
// The one that expires first comes first. Expired ones are among them until they are cleaned up.
Result<std::vector<Preview>> list_previews(Session&, std::string_view project_id);
Result<std::int64_t> count_previews(Session&, std::string_view project_id);
Result<void> upsert_preview(Session&, const Preview&);
Result<bool> delete_preview(Session&, std::string_view project_id, std::string_view slug);
// Of all projects, for the cleanup, which adds a change per project.
Result<std::vector<Preview>> list_expired_previews(Session&, Instant now, std::int64_t limit);
// For whoever deletes images: such an image must stay.
Result<bool> has_live_preview(Session&, std::string_view image_id, Instant now);

// ---- invites ------------------------------------------------------------------------------------------------------
struct Invite {
  std::string id;     // inv_…
  Digest digest;      // SHA-256 of the code; the code itself is nowhere
  std::string email;  // the only address it is good for; empty: any
  std::string created_by;
  Instant created_at;
  Instant expires_at;
  std::string used_by;  // account id; empty: nobody yet
  std::optional<Instant> used_at;
};
Result<void> insert_invite(Session&, const Invite&);
Result<std::optional<Invite>> find_invite_by_digest(Session&, const Digest& digest);
// Newest first.
Result<std::vector<Invite>> list_invites(Session&, std::int64_t limit, std::int64_t offset);
Result<void> mark_invite_used(Session&, std::string_view id, std::string_view account_id, Instant now);
Result<bool> delete_invite(Session&, std::string_view id);

// ---- events: the audit log ------------------------------------------------------------------------------------------
// One row per change of anything, written in the transaction that changes it.
struct Event {
  std::int64_t seq = 0;    // global order; given by insert_event
  std::string project_id;  // empty: not about a project, or about one that is gone
  std::string account_id;  // whose log it stands in: the owner of what changed
  std::string action;      // "deploy", "rollback", "preview_created", "token_created", "domain_added", …
  std::string environment;
  std::string image_id;
  std::string previous_image_id;
  std::string subject;  // what else the action is about: a slug, a token's name, a domain
  std::string actor_id;
  std::string actor_email;
  std::string actor_address;
  std::string token_name;
  Instant created_at;
};
Result<std::int64_t> insert_event(Session&, const Event&);
// Newest first.
Result<std::vector<Event>> list_events_of_project(Session&, std::string_view project_id, std::int64_t limit,
                                                  std::int64_t offset);
Result<std::vector<Event>> list_events_of_account(Session&, std::string_view account_id, std::int64_t limit,
                                                  std::int64_t offset);
Result<std::int64_t> count_events_of_project(Session&, std::string_view project_id);
Result<std::int64_t> count_events_of_account(Session&, std::string_view account_id);
// In the logs of others: that it was done stays, by whom does not.
Result<void> forget_actor(Session&, std::string_view account_id);
Result<void> delete_events_of_account(Session&, std::string_view account_id);

// ---- settings of the installation (instance id, boot generation, …)
// ------------------------------------------------------ 64 hexadecimal digits: what signs for visitors who know the
// password of a page.
inline constexpr std::string_view kPageSecretSetting = "page_secret";
Result<std::optional<std::string>> find_setting(Session&, std::string_view key);
Result<void> put_setting(Session&, std::string_view key, std::string_view value);

}  // namespace sitepod::meta
