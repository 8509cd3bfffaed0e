// Tokens for programs: make, list, rename, revoke (deploy API §3). A token sees and makes only tokens that may do no
// more than itself; what it does not see is not there. Any thread; blocks for the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/caller.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::identity {

struct TokenRequest {
  std::string name;
  std::vector<std::string> scopes;         // empty: what the caller's token may do
  std::string project;                     // name; empty: what the caller's token is good for
  std::string environment;                 // empty: likewise
  std::optional<std::int64_t> expires_in;  // seconds; nothing: like the caller's token if that is no login
};

struct ListedToken {
  meta::Token token;
  std::string project;  // name; empty: good for all
};

struct IssuedToken {
  ListedToken listed;
  std::string secret;  // shown once
};

class Tokens {
 public:
  // `meta` outlives it.
  explicit Tokens(meta::MetaStore& meta) : meta_(meta) {}

  // Errors: Invalid (form), Forbidden (more than the caller may), NotFound (project), quota_exceeded.
  Result<IssuedToken> issue(const Caller& caller, const TokenRequest& request, Instant now);
  // Newest first; of logins those that have not ended.
  enum class Kind : std::uint8_t { Api, Login };
  Result<std::vector<ListedToken>> list(const Caller& caller, Kind kind, Instant now);
  // NotFound for what is unknown, somebody else's, or may do more than the caller.
  Result<ListedToken> rename(const Caller& caller, std::string_view id, std::string_view name, Instant now);
  // The token, or the login, is worthless when this returned.
  Result<void> revoke(const Caller& caller, std::string_view id, Instant now);

 private:
  meta::MetaStore& meta_;
};

}  // namespace sitepod::identity
