// token create, token list, token revoke.
#include <algorithm>

#include "api/account_requests.hpp"
#include "api/json_writer.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"

namespace sitepod::cli {
namespace {

void write_token(api::JsonWriter& json, const api::TokenSummary& token) {
  json.begin_object().member("id", token.id).member("name", token.name);
  json.key("scopes").begin_array();
  for (const std::string& scope : token.scopes) json.value(scope);
  json.end_array();
  json.member_or_null("project", token.project);
  json.member_or_null("environment", token.environment);
  json.member("created_at", token.created_at);
  json.member_or_null("last_used_at", token.last_used_at);
  json.member_or_null("expires_at", token.expires_at);
  if (!token.token.empty()) json.member("token", token.token);
  json.end_object();
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out.empty() ? "all" : out;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

// The id itself, or that of the only token with this name.
Result<std::string> id_of(api::Client& client, const std::string& wanted) {
  if (wanted.starts_with("tok_")) return wanted;
  std::string id;
  for (const api::TokenSummary& token : SITEPOD_TRY(client.tokens())) {
    if (token.name != wanted) continue;
    if (!id.empty())
      return usage("Several tokens are called \"" + wanted + "\"; give the id from 'sitepod token list'.");
    id = token.id;
  }
  if (id.empty()) return not_found("not_found", "There is no token called \"" + wanted + "\".");
  return id;
}

}  // namespace

Result<void> create_token(Context& context, const TokenOptions& options) {
  api::TokenQuestion question{options.name, options.project, options.environment, options.scopes, {}};
  if (options.content && std::find(question.scopes.begin(), question.scopes.end(), "content") == question.scopes.end())
    question.scopes.emplace_back("content");
  if (!options.ttl.empty()) {
    question.expires_in = api::parse_lifetime(options.ttl);
    if (!question.expires_in) return usage("--ttl must be like 90s, 45m, 72h or 7d.");
  }
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  api::TokenSummary token = SITEPOD_TRY(client->create_token(question));
  Console& console = context.console;
  console.done("Token created; it is shown only now");
  console.field("id", token.id);
  console.field("scopes", joined(token.scopes));
  if (!token.expires_at.empty()) console.field("expires", token.expires_at);
  if (!console.json()) {
    console.print(token.token);
    return {};
  }
  std::string out;
  api::JsonWriter json(out);
  write_token(json, token);
  console.print(out);
  return {};
}

Result<void> list_tokens(Context& context) {
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  const std::vector<api::TokenSummary> tokens = SITEPOD_TRY(client->tokens());
  Console& console = context.console;
  if (console.json()) {
    std::string out;
    api::JsonWriter json(out);
    json.begin_object().key("tokens").begin_array();
    for (const api::TokenSummary& token : tokens) write_token(json, token);
    json.end_array().end_object();
    console.print(out);
    return {};
  }
  if (tokens.empty()) console.info("No tokens yet. Next: sitepod token create NAME");
  std::vector<std::vector<std::string>> rows{{"ID", "NAME", "SCOPES", "PROJECT", "ENV", "LAST USED", "EXPIRES"}};
  for (const api::TokenSummary& token : tokens)
    rows.push_back({token.id, token.name, joined(token.scopes), or_dash(token.project), or_dash(token.environment),
                    or_dash(token.last_used_at), or_dash(token.expires_at)});
  for (const std::string& line : format_table(rows)) console.print(line);
  return {};
}

Result<void> revoke_token(Context& context, const TokenOptions& options) {
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  const std::string id = SITEPOD_TRY(id_of(*client, options.id));
  SITEPOD_TRY(client->revoke_token(id));
  context.console.done("Token revoked");
  context.console.field("id", id);
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out).begin_object().member("id", id).member("revoked", true).end_object();
    context.console.print(out);
  }
  return {};
}

}  // namespace sitepod::cli
