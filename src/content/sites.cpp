#include "content/sites.hpp"

#include <algorithm>
#include <array>

#include "base/digest.hpp"
#include "base/uuid.hpp"
#include "deploy/project_creation.hpp"
#include "meta/sites.hpp"
#include "model/names.hpp"

namespace sitepod::content {
namespace {

Error no_such_site() { return not_found("not_found", "site not found"); }

// The UUID, or the id that the deploy API tells of the project: a client that lists projects knows no other.
Result<std::optional<meta::Project>> find_by_site_id(meta::Session& session, const identity::Caller& caller,
                                                     std::string_view site_id) {
  const std::string wanted = lower_cased(site_id);
  for (const std::string& id : SITEPOD_TRY(meta::list_project_ids_of(session, caller.account_id)))
    if (id == site_id || site_id_of(id) == wanted) return meta::find_project(session, id);
  return std::optional<meta::Project>();
}

// "ada.lovelace@example.org" → "ada-lovelace".
std::string name_from_email(std::string_view email) {
  std::string name = slug_from_title(email.substr(0, email.find('@')));
  return name.empty() ? "site" : name;
}

}  // namespace

// A hash and not the id itself, since the contract promises a UUID (version 8: the server's own making).
std::string site_id_of(std::string_view project_id) {
  const Digest digest = sha256("site of " + std::string(project_id));
  std::array<std::uint8_t, 16> bytes;
  std::copy_n(digest.bytes.begin(), bytes.size(), bytes.begin());
  return uuid_text(bytes, 8);
}

Result<identity::Caller> owner_of(meta::Session& session, const meta::Project& project) {
  identity::Caller owner;
  owner.account_id = project.owner_id;
  if (const auto account = SITEPOD_TRY(meta::find_account(session, project.owner_id))) owner.email = account->email;
  return owner;
}

Sites::Sites(meta::MetaStore& meta, deploy::Deployer& deployer, Publish publish)
    : meta_(meta), deployer_(deployer), publish_(std::move(publish)) {}

Result<bool> Sites::may_use(std::string_view account_id) {
  return meta_.read([&](meta::Session& session) { return meta::may_use_content(session, account_id); });
}

Result<meta::Project> Sites::resolve(const identity::Caller& caller, std::string_view site_id, Instant now) {
  Result<std::optional<meta::Project>> found =
      meta_.read([&](meta::Session& session) -> Result<std::optional<meta::Project>> {
        if (!site_id.empty()) return find_by_site_id(session, caller, site_id);
        if (!caller.project_id.empty()) return meta::find_project(session, caller.project_id);
        const std::optional<std::string> id = SITEPOD_TRY(meta::find_default_site(session, caller.account_id));
        return id ? meta::find_project(session, *id) : std::optional<meta::Project>();
      });
  const std::optional<meta::Project> known = SITEPOD_TRY(std::move(found));
  if (known) {
    // A token of another project must not learn which sites there are.
    if (!identity::check_may_use_project(caller, *known).ok()) return no_such_site();
    return *known;
  }
  if (!site_id.empty() || !caller.project_id.empty()) return no_such_site();

  bool is_new = false;
  Result<meta::Project> made = meta_.write([&](meta::Session& session) -> Result<meta::Project> {
    is_new = false;
    // Another request may have been first.
    if (const auto id = SITEPOD_TRY(meta::find_default_site(session, caller.account_id)))
      if (const auto project = SITEPOD_TRY(meta::find_project(session, *id))) return *project;
    meta::Project project = SITEPOD_TRY(deploy::create_suffixed_project(session, caller, name_from_email(caller.email),
                                                                        deployer_.settings().quotas, now));
    SITEPOD_TRY(meta::insert_default_site(session, caller.account_id, project.id));
    SITEPOD_TRY(meta::insert_change(session, project.id));
    is_new = true;
    return project;
  });
  if (made.ok() && is_new) SITEPOD_TRY_WITH(publish_(made->id), "publishing " + made->name);
  return made;
}

}  // namespace sitepod::content
