// Which site a request means, who may use the content API, and a site's settings and authors. Any thread; blocks for
// the database.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "content/page_rules.hpp"
#include "deploy/deployer.hpp"
#include "identity/caller.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"
#include "model/page.hpp"

namespace sitepod::content {

// The project's id in the content API: a UUID that follows from it.
std::string site_id_of(std::string_view project_id);

// What a request changes; names as in JSON ("logoUrl"), an empty value: as at the beginning.
struct SettingsChange {
  std::vector<std::pair<std::string, std::string>> values;
  std::optional<std::vector<model::NavigationLink>> navigation;
  std::optional<std::vector<model::NavigationLink>> footer;
};

struct Settings {
  model::SiteSettings site;
  std::string environment;  // where builds are released to
};
// The names that SettingsChange takes, in the order in which they are shown; the switches come behind them.
std::vector<std::string> setting_names();
// The value of one of them as text; empty: not set.
std::string setting_value(const Settings& settings, std::string_view name);

struct AuthorChange {
  std::optional<std::string> name, slug, bio, avatar_url;
};

class Sites {
 public:
  // Makes a new project's host known to visitors.
  using Publish = std::function<Result<void>(std::string_view project_id)>;
  // All outlive it.
  Sites(meta::MetaStore& meta, deploy::Deployer& deployer, Publish publish);

  Result<bool> may_use(std::string_view account_id);

  // `site_id` empty: the site that the token is bound to, else the account's default one, which is made when there is
  // none. Errors: not_found.
  Result<meta::Project> resolve(const identity::Caller& caller, std::string_view site_id, Instant now);

  Result<Settings> load_settings(std::string_view project_id);
  // Errors: "invalid_request", naming the field.
  Result<Settings> change_settings(std::string_view project_id, const SettingsChange& change);

  Result<std::vector<model::Author>> list_authors(std::string_view account_id);
  // Errors: "invalid_request", not_found.
  Result<model::Author> create_author(std::string_view account_id, const AuthorChange& change, Instant now);
  Result<model::Author> change_author(std::string_view account_id, std::string_view id, const AuthorChange& change);
  Result<void> delete_author(std::string_view account_id, std::string_view id);

 private:
  meta::MetaStore& meta_;
  deploy::Deployer& deployer_;
  const Publish publish_;
};

// For whoever has a session already.
// Who acts where nobody asked: the site's owner.
Result<identity::Caller> owner_of(meta::Session& session, const meta::Project& project);
Result<Settings> load_settings(meta::Session& session, std::string_view project_id);

}  // namespace sitepod::content
