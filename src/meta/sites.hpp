// What the content API keeps about a site beside its pages: which one an account means by default, its settings, its
// authors; and accounts that may not use that API. Every function runs inside the transaction of the Session it is
// given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "meta/session.hpp"
#include "model/page.hpp"

namespace sitepod::meta {

Result<std::optional<std::string>> find_default_site(Session&, std::string_view account_id);
Result<void> insert_default_site(Session&, std::string_view account_id, std::string_view project_id);

Result<bool> may_use_content(Session&, std::string_view account_id);
Result<void> set_may_use_content(Session&, std::string_view account_id, bool allowed);

struct NamedValue {
  std::string name;
  std::string value;
};
Result<std::vector<NamedValue>> list_site_settings(Session&, std::string_view project_id);
// An empty value removes it.
Result<void> put_site_setting(Session&, std::string_view project_id, std::string_view name, std::string_view value);
// `place`: "navigation" or "footer".
Result<std::vector<model::NavigationLink>> list_site_links(Session&, std::string_view project_id,
                                                           std::string_view place);
Result<void> replace_site_links(Session&, std::string_view project_id, std::string_view place,
                                const std::vector<model::NavigationLink>& links);

// By name.
Result<std::vector<model::Author>> list_authors(Session&, std::string_view account_id);
Result<std::optional<model::Author>> find_author(Session&, std::string_view account_id, std::string_view id);
Result<void> insert_author(Session&, std::string_view account_id, const model::Author&, Instant now);
Result<void> update_author(Session&, const model::Author&);
// Pages that name it have no author any more.
Result<void> delete_author(Session&, std::string_view account_id, std::string_view id);

}  // namespace sitepod::meta
