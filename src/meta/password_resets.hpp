// One-time codes that set a forgotten password: only their digests are kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/time.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

struct PasswordReset {
  Digest digest;
  std::string account_id;
  Instant created_at;
  Instant expires_at;
};
Result<std::optional<PasswordReset>> find_password_reset(Session&, const Digest& digest);
// Instead of every earlier one of the account.
Result<void> put_password_reset(Session&, const PasswordReset&);
Result<void> delete_password_resets(Session&, std::string_view account_id);

}  // namespace sitepod::meta
