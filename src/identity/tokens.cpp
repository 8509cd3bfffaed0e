#include "identity/tokens.hpp"

#include <algorithm>
#include <array>

#include "base/random.hpp"
#include "identity/audit.hpp"
#include "identity/project_access.hpp"
#include "identity/token_secret.hpp"
#include "model/names.hpp"

namespace sitepod::identity {
namespace {

constexpr std::string_view kApi = "api";
constexpr std::string_view kLogin = "login";
constexpr std::array<std::string_view, 4> kScopes = {"deploy", "read", "content", "admin"};
constexpr std::size_t kMaxNameBytes = 100;
constexpr std::int64_t kMaxSeconds = std::int64_t{10} * 366 * 24 * 3600;
constexpr std::size_t kMaxTokens = 1000;
constexpr std::size_t kMaxContentTokens = 3;  // content API §2

Error no_such_token() { return not_found("not_found", "There is no such token."); }
Error more_than_own() { return forbidden("A token cannot make another one that may do more than itself."); }

Result<std::string> parse_name(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (name.empty() || name.size() > kMaxNameBytes || !model::is_valid_utf8(name) ||
      std::any_of(name.begin(), name.end(), is_control))
    return invalid_request("The field \"name\" must have 1 to 100 bytes of text without control characters.");
  return std::string(name);
}

Scope scope_named(std::string_view name) {
  if (name == "deploy") return Scope::Deploy;
  if (name == "read") return Scope::Read;
  if (name == "content") return Scope::Content;
  return Scope::Admin;
}

// In the order of kScopes, each once.
Result<std::string> join_scopes(const Caller& caller, const std::vector<std::string>& wanted) {
  for (const std::string& scope : wanted) {
    if (std::find(kScopes.begin(), kScopes.end(), scope) == kScopes.end())
      return invalid_request("The field \"scopes\" takes \"deploy\", \"read\", \"content\" and \"admin\".");
    if (!has_scope(caller, scope_named(scope))) return more_than_own();
    if (scope == "admin" && !acts_as_admin(caller)) return forbidden("Only an admin can make a token for admins.");
  }
  std::string joined;
  for (const std::string_view scope : kScopes)
    if (std::find(wanted.begin(), wanted.end(), scope) != wanted.end())
      joined.append(joined.empty() ? "" : " ").append(scope);
  return joined;
}

std::vector<std::string_view> words_of(std::string_view words) {
  std::vector<std::string_view> out;
  while (!words.empty()) {
    const std::size_t space = std::min(words.find(' '), words.size());
    out.push_back(words.substr(0, space));
    words.remove_prefix(std::min(space + 1, words.size()));
  }
  return out;
}

// The token may do no more than the caller's.
bool covers(const Caller& caller, const meta::Token& token) {
  if (token.account_id != caller.account_id) return false;
  if (!caller.project_id.empty() && token.project_id != caller.project_id) return false;
  if (!caller.environment.empty() && token.environment != caller.environment) return false;
  if (caller.scopes.empty()) return true;
  if (token.scopes.empty()) return false;
  const std::vector<std::string_view> words = words_of(token.scopes);
  return std::all_of(words.begin(), words.end(),
                     [&](std::string_view word) { return has_scope(caller, scope_named(word)); });
}

Result<ListedToken> with_project(meta::Session& session, meta::Token token) {
  ListedToken listed;
  if (!token.project_id.empty()) {
    const std::optional<meta::Project> project = SITEPOD_TRY(meta::find_project(session, token.project_id));
    if (project) listed.project = project->name;
  }
  listed.token = std::move(token);
  return listed;
}

std::size_t count_content_tokens(const std::vector<meta::Token>& tokens, Instant now) {
  return static_cast<std::size_t>(std::count_if(tokens.begin(), tokens.end(), [&](const meta::Token& token) {
    return token.scopes == kContentOnly && (!token.expires_at || *token.expires_at > now);
  }));
}

// Not beyond the caller.
Result<meta::Token> load_token(meta::Session& session, const Caller& caller, std::string_view id) {
  std::optional<meta::Token> token = SITEPOD_TRY(meta::find_token(session, id));
  if (!token || !covers(caller, *token)) return no_such_token();
  return *std::move(token);
}

// In the account's log.
meta::Event token_event(const Caller& caller, std::string_view action, const meta::Token& token, Instant now) {
  meta::Event event = make_event(caller, action, now);
  event.subject = token.name;
  event.environment = token.environment;
  return event;
}

Result<void> bind_project(meta::Session& session, const Caller& caller, const TokenRequest& request,
                          meta::Token& token) {
  token.project_id = caller.project_id;
  if (request.project.empty()) return {};
  token.project_id = SITEPOD_TRY(load_project(session, caller, request.project, {})).id;
  return {};
}

Result<void> bind_environment(const Caller& caller, const TokenRequest& request, meta::Token& token) {
  token.environment = caller.environment;
  if (request.environment.empty()) return {};
  token.environment = SITEPOD_TRY(model::parse_environment_name(request.environment));
  return check_may_release_to(caller, token.environment);
}

}  // namespace

Result<IssuedToken> Tokens::issue(const Caller& caller, const TokenRequest& request, Instant now) {
  meta::Token token;
  token.id = random_id("tok_");
  token.account_id = caller.account_id;
  token.name = SITEPOD_TRY(parse_name(request.name));
  token.kind = kApi;
  token.scopes = request.scopes.empty() ? caller.scopes : SITEPOD_TRY(join_scopes(caller, request.scopes));
  token.created_at = now;
  SITEPOD_TRY(bind_environment(caller, request, token));
  if (request.expires_in) {
    if (*request.expires_in < 1 || *request.expires_in > kMaxSeconds)
      return invalid_request("The field \"expires_in\" must be 1 second to 10 years.");
    token.expires_at = Instant{now.unix_ms + *request.expires_in * 1000};
  }
  IssuedToken issued;
  issued.secret = make_token_secret(token.scopes == kContentOnly ? kContentTokenPrefix : kTokenPrefix);
  token.digest = token_digest(issued.secret);

  Result<ListedToken> written = meta_.write([&](meta::Session& session) -> Result<ListedToken> {
    meta::Token made = token;
    SITEPOD_TRY(bind_project(session, caller, request, made));
    const std::optional<meta::Token> own = SITEPOD_TRY(meta::find_token(session, caller.token_id));
    if (!own) return Error{ErrorKind::Unauthenticated, "invalid_token", "The token was revoked meanwhile.", {}, {}};
    // A program's token makes none that outlives it; a login's expiry slides and bounds nothing.
    if (own->kind == kApi && own->expires_at)
      made.expires_at = made.expires_at ? std::min(*made.expires_at, *own->expires_at) : *own->expires_at;
    const std::vector<meta::Token> active = SITEPOD_TRY(meta::list_tokens(session, caller.account_id, kApi));
    if (active.size() >= kMaxTokens)
      return invalid("quota_exceeded", "An account may have at most 1000 tokens; revoke some.");
    if (made.scopes == kContentOnly && count_content_tokens(active, now) >= kMaxContentTokens)
      return invalid("quota_exceeded", "maximum 3 active tokens allowed, please revoke an existing token first");
    SITEPOD_TRY(meta::insert_token(session, made));
    SITEPOD_TRY(meta::insert_event(session, token_event(caller, "token_created", made, now)));
    return with_project(session, std::move(made));
  });
  issued.listed = SITEPOD_TRY(std::move(written));
  return issued;
}

Result<std::vector<ListedToken>> Tokens::list(const Caller& caller, Kind kind, Instant now) {
  return meta_.read([&](meta::Session& session) -> Result<std::vector<ListedToken>> {
    std::vector<ListedToken> listed;
    const bool is_api = kind == Kind::Api;
    for (meta::Token& token : SITEPOD_TRY(meta::list_tokens(session, caller.account_id, is_api ? kApi : kLogin))) {
      const bool has_ended = token.expires_at && *token.expires_at <= now;
      if (!covers(caller, token) || (has_ended && !is_api)) continue;
      listed.push_back(SITEPOD_TRY(with_project(session, std::move(token))));
    }
    return listed;
  });
}

Result<ListedToken> Tokens::rename(const Caller& caller, std::string_view id, std::string_view name, Instant now) {
  const std::string parsed = SITEPOD_TRY(parse_name(name));
  return meta_.write([&](meta::Session& session) -> Result<ListedToken> {
    meta::Token token = SITEPOD_TRY(load_token(session, caller, id));
    if (token.kind != kApi) return no_such_token();
    token.name = parsed;
    SITEPOD_TRY(meta::rename_token(session, token.id, token.name));
    SITEPOD_TRY(meta::insert_event(session, token_event(caller, "token_renamed", token, now)));
    return with_project(session, std::move(token));
  });
}

Result<void> Tokens::revoke(const Caller& caller, std::string_view id, Instant now) {
  return meta_.write([&](meta::Session& session) -> Result<void> {
    const meta::Token token = SITEPOD_TRY(load_token(session, caller, id));
    SITEPOD_TRY(meta::delete_token(session, token.id));
    SITEPOD_TRY(meta::insert_event(session, token_event(caller, "token_revoked", token, now)));
    return {};
  });
}

}  // namespace sitepod::identity
