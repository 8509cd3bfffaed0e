// Requests about tokens, accounts, invites and previews, decoded from JSON body and query into values whose fields have
// passed their rules (deploy API §3, §7). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/fields.hpp"
#include "api/requests.hpp"
#include "base/result.hpp"

namespace sitepod::api {

struct TokenFields {
  std::string name;
  std::vector<std::string> scopes;
  std::string project;
  std::string environment;
  std::optional<std::int64_t> expires_in;  // seconds
};
Result<TokenFields> decode_token(const Fields& fields);

struct PasswordFields {
  std::string current;
  std::string wanted;
};
Result<PasswordFields> decode_password_change(const Fields& fields);

struct InviteFields {
  std::string email;
  std::int64_t expires_in = 0;
};
Result<InviteFields> decode_invite(const Fields& fields);

struct PreviewFields {
  ProjectFields project;
  std::string image_id;
  std::string slug;
  std::int64_t lifetime = 0;  // seconds; zero or less: the default
  std::string password;
};
Result<PreviewFields> decode_preview(const Fields& fields);

// "90s", "45m", "72h", "7d", "2w" or plain seconds; nothing when it is none of these.
std::optional<std::int64_t> parse_lifetime(std::string_view text);

}  // namespace sitepod::api
