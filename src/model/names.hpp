// The names that people give to things, each parsed once at the edge into a form that cannot be wrong (deploy API §4,
// §5, §6). Values and pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sitepod::model {

// [A-Za-z0-9][A-Za-z0-9._-]{0,99}, no "..", not reserved. Kept as given; compared by project_key().
Result<std::string> parse_project_name(std::string_view name);
// Lower-case form under which project names are unique.
std::string project_key(std::string_view name);
// Lower-cased, everything outside [a-z0-9-] → "-", runs of "-" collapsed, trimmed to at most 63; empty when nothing is
// left.
std::string subdomain_from(std::string_view name);
// Nobody's project or subdomain: console, www, api, app, admin, …, anything that begins with "_", anything that ends in
// "-beta".
bool is_reserved_subdomain(std::string_view subdomain);
// [a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?
Result<std::string> parse_environment_name(std::string_view name);
inline constexpr std::string_view kProduction = "prod";
// First label of an environment's host: prod → sub, beta → sub-beta, other → sub-other.
std::string environment_label(std::string_view subdomain, std::string_view environment);
// [a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?, no "--", and the preview's host label fits 63 bytes.
Result<std::string> parse_preview_slug(std::string_view subdomain, std::string_view slug);
// First label of a preview's hosts: "sub--slug", which no subdomain and no environment can be.
std::string preview_label(std::string_view subdomain, std::string_view slug);
// Trimmed, lower-cased, looks like a@b.c, at most 254 bytes.
Result<std::string> parse_email(std::string_view email);
// A manifest path: one leading "/" removed, the rest kept byte for byte; the rules of deploy API §5. Errors:
// "invalid_path".
Result<std::string_view> parse_manifest_path(std::string_view path);
bool is_valid_utf8(std::string_view text);

}  // namespace sitepod::model
