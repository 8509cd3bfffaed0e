// Accounts as the operator sees them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "meta/records.hpp"

namespace sitepod::meta {

// Oldest first.
Result<std::vector<Account>> list_human_accounts(Session&, std::int64_t limit, std::int64_t offset);
Result<void> set_admin(Session&, std::string_view account_id, bool is_admin);

}  // namespace sitepod::meta
