// What the operator does with other people's accounts: list, make admin, give a new password. By the admin API and by
// `sitepod admin`, which works on the database of a running server too. Any thread; blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/caller.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"

namespace sitepod::identity {

struct UserPage {
  std::vector<meta::Account> users;  // oldest first
  std::int64_t total = 0;
};
Result<UserPage> list_users(meta::MetaStore& meta, std::int64_t limit, std::int64_t offset);

// Errors of both: not_found; conflict (the last admin stays one).
Result<meta::Account> set_admin(meta::MetaStore& meta, const Caller& actor, std::string_view email, bool is_admin,
                                Instant now);
// Whether the account may use the content API. Errors: not_found.
Result<meta::Account> set_content_access(meta::MetaStore& meta, const Caller& actor, std::string_view email,
                                         bool is_allowed, Instant now);
// A code with which a new password can be set once, within a day; an earlier one is worthless. Until it is used the old
// password and every login go on.
struct IssuedReset {
  meta::Account account;
  std::string code;  // shown once
  Instant expires_at;
};
Result<IssuedReset> issue_password_reset(meta::MetaStore& meta, const Caller& actor, std::string_view email,
                                         Instant now);

// Who sits at the machine itself.
Caller operator_at_the_machine();

}  // namespace sitepod::identity
