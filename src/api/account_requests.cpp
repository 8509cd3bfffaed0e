#include "api/account_requests.hpp"

#include <charconv>

namespace sitepod::api {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;
constexpr std::int64_t kInviteSeconds = std::int64_t{7} * 24 * 3600;
// Far beyond every limit, so that sums of it never wrap.
constexpr std::int64_t kMaxSeconds = std::int64_t{1} << 40;

std::optional<std::int64_t> seconds_of_unit(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 24 * 3600;
    case 'w':
      return 7 * 24 * 3600;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::int64_t> parse_lifetime(std::string_view text) {
  std::int64_t unit = 1;
  if (!text.empty())
    if (const auto named = seconds_of_unit(text.back())) {
      unit = *named;
      text.remove_suffix(1);
    }
  std::int64_t count = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  if (count > kMaxSeconds / unit || count < -kMaxSeconds / unit) return std::nullopt;
  return count * unit;
}

Result<TokenFields> decode_token(const Fields& fields) {
  TokenFields token;
  token.name = SITEPOD_TRY(fields.required_text("name"));
  const std::optional<std::vector<std::string>> scopes = SITEPOD_TRY(fields.texts("scopes"));
  if (scopes) token.scopes = *scopes;
  // What was to narrow the token and says nothing must not make a token for everything.
  if (scopes && scopes->empty())
    return invalid_request("The field \"scopes\" must name a scope; leave it out for everything that you may do.");
  if (fields.is_left_empty("project"))
    return invalid_request("The field \"project\" must not be empty; leave it out for a token of all projects.");
  token.project = SITEPOD_TRY(fields.text("project")).value_or("");
  token.environment = SITEPOD_TRY(find_environment(fields)).value_or("");
  token.expires_in = SITEPOD_TRY(fields.integer("expires_in", 1, kMaxSeconds));
  return token;
}

Result<PasswordFields> decode_password_change(const Fields& fields) {
  PasswordFields change;
  change.current = SITEPOD_TRY(fields.required_text("current_password"));
  change.wanted = SITEPOD_TRY(fields.required_text("new_password"));
  if (change.current.size() > kMaxPasswordBytes)
    return invalid_request("The field \"current_password\" must be at most 1024 bytes.");
  return change;
}

Result<InviteFields> decode_invite(const Fields& fields) {
  InviteFields invite;
  invite.email = SITEPOD_TRY(fields.text("email")).value_or("");
  invite.expires_in = SITEPOD_TRY(fields.integer("expires_in", 1, kMaxSeconds)).value_or(kInviteSeconds);
  return invite;
}

Result<PreviewFields> decode_preview(const Fields& fields) {
  PreviewFields preview;
  preview.project = SITEPOD_TRY(decode_project(fields));
  preview.image_id = SITEPOD_TRY(fields.text("image_id")).value_or("");
  const std::optional<std::string> slug = SITEPOD_TRY(fields.text("slug"));
  if (slug && slug->empty()) return invalid_request("The field \"slug\" must not be empty.");
  preview.slug = slug.value_or("");
  const auto expires_in = SITEPOD_TRY(fields.integer("expires_in", INT64_MIN, INT64_MAX));
  const std::optional<std::string> ttl = SITEPOD_TRY(fields.text("ttl"));
  std::optional<std::int64_t> lifetime = expires_in;
  if (ttl && !ttl->empty()) {
    lifetime = parse_lifetime(*ttl);
    if (!lifetime) return invalid_request("The field \"ttl\" must be like \"90s\", \"45m\", \"72h\" or \"7d\".");
    if (expires_in && *expires_in != *lifetime)
      return invalid_request("The fields \"ttl\" and \"expires_in\" mean the same and must not differ.");
  }
  preview.lifetime = lifetime.value_or(0);
  if (fields.is_left_empty("password"))
    return invalid_request(
        "The field \"password\" must not be empty; leave it out for a preview that everybody may see.");
  preview.password = SITEPOD_TRY(fields.text("password")).value_or("");
  if (preview.password.size() > kMaxPasswordBytes)
    return invalid_request("The field \"password\" must be at most 1024 bytes.");
  return preview;
}

}  // namespace sitepod::api
