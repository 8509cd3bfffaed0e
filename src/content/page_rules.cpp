#include "content/page_rules.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "builder/code_themes.hpp"
#include "model/names.hpp"

namespace sitepod::content {
namespace {

using model::PageChange;

constexpr std::size_t kMaxSlug = 100;
constexpr std::size_t kMaxTags = 20;
constexpr std::size_t kMaxTagBytes = 30;
constexpr std::size_t kMaxAliases = 20;
constexpr std::size_t kMaxAliasBytes = 300;
constexpr std::size_t kMinPassword = 8;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_slug_character(char c) { return is_lower_or_digit(c) || c == '-'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// ---- fields that are plain texts with a limit
// ---------------------------------------------------------------------------
struct Limit {
  std::string_view name;
  std::optional<std::string> PageChange::*field;
  std::size_t max_bytes;
  bool one_line;
};
constexpr Limit kLimits[] = {{"title", &PageChange::title, 200, true},
                             {"content", &PageChange::content, 100'000, false},
                             {"description", &PageChange::description, 500, false},
                             {"apiEndpoint", &PageChange::api_endpoint, 200, true},
                             {"authorId", &PageChange::author_id, 40, true},
                             {"password", &PageChange::password, 1024, false},
                             {"ogImageUrl", &PageChange::og_image_url, 2000, true},
                             {"language", &PageChange::language, 35, true},
                             {"id", &PageChange::id, 100, true}};

std::string fault_of_text(std::string_view text, const Limit& limit) {
  if (text.size() > limit.max_bytes) return fmt::format("{} must be at most {} bytes", limit.name, limit.max_bytes);
  if (text.find('\0') != std::string_view::npos) return fmt::format("{} must not contain NUL", limit.name);
  if (limit.one_line && std::any_of(text.begin(), text.end(), is_control))
    return fmt::format("{} must not contain control characters", limit.name);
  return {};
}

// ---- fields with a grammar; the empty text clears each of them
// ------------------------------------------------------------
std::string fault_of_endpoint(std::string_view text) {
  constexpr std::array<std::string_view, 7> kMethods = {"get", "post", "put", "patch", "delete", "head", "options"};
  const std::string_view method = text.substr(0, text.find(' '));
  if (std::find(kMethods.begin(), kMethods.end(), lower_cased(method)) == kMethods.end())
    return "apiEndpoint must be an HTTP method, or one with a space and a path behind it";
  if (method.size() == text.size()) return {};
  const std::string_view path = text.substr(method.size() + 1);
  if (path.empty() || path.find(' ') != std::string_view::npos)
    return "apiEndpoint must have one space and a path without spaces behind its method";
  return {};
}

std::string fault_of_author(std::string_view text) {
  return text.find(' ') == std::string_view::npos ? "" : "authorId must not contain spaces";
}

std::string fault_of_password(std::string_view text) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return characters >= static_cast<std::ptrdiff_t>(kMinPassword) ? "" : "password must have at least 8 characters";
}

std::string fault_of_image_url(std::string_view text) {
  for (const std::string_view start : {"http://", "https://", "/media"})
    if (text.starts_with(start)) return {};
  return "ogImageUrl must begin with http://, https:// or /media";
}

// [A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*
std::string fault_of_language(std::string_view text) {
  const auto is_letter = [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
  const auto is_alphanumeric = [](char c) { return is_lower_or_digit(lower(c)); };
  const std::string_view first = text.substr(0, text.find('-'));
  bool is_good = first.size() >= 2 && first.size() <= 3 && std::all_of(first.begin(), first.end(), is_letter);
  std::string_view rest = text.substr(first.size());
  while (is_good && !rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view part = rest.substr(0, rest.find('-'));
    is_good = !part.empty() && part.size() <= 8 && std::all_of(part.begin(), part.end(), is_alphanumeric);
    rest.remove_prefix(part.size());
  }
  return is_good ? "" : "language must be a language tag like en or pt-BR";
}

// Known ones only: a build would take another for none and say nothing.
std::string fault_of_theme(std::string_view text) {
  return text == "default" ? "" : "theme must be the name of a theme; there is one: default";
}
std::string fault_of_code_theme(std::string_view field, std::string_view text) {
  if (builder::is_code_theme(text)) return {};
  return fmt::format("{} must be the name of a code theme like {}", field, builder::kDefaultLightCodeTheme);
}
std::string fault_of_light_theme(std::string_view text) { return fault_of_code_theme("codeThemeLight", text); }
std::string fault_of_dark_theme(std::string_view text) { return fault_of_code_theme("codeThemeDark", text); }

std::string fault_of_color(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f'); };
  const bool is_good = (text.size() == 4 || text.size() == 7) && text.front() == '#' &&
                       std::all_of(text.begin() + 1, text.end(), is_hex);
  return is_good ? "" : "primaryColor must be a color like #fa0 or #ffaa00";
}

std::string fault_of_font_size(std::string_view text) {
  if (text == "compact" || text == "comfortable" || text == "large") return {};
  return "fontSize must be compact, comfortable or large";
}

std::string fault_of_type(std::string_view text) {
  return model::parse_content_type(text) ? "" : "contentType must be docs, blog, standalone or homepage";
}

std::string fault_of_date(std::string_view text) {
  return parse_rfc3339(text) ? "" : "publishedAt must be a date and time like 2026-01-31T09:30:00Z";
}

struct Grammar {
  std::string_view name;
  std::optional<std::string> PageChange::*field;
  std::string (*fault_of)(std::string_view text);
  bool may_clear = true;
};
constexpr Grammar kGrammars[] = {{"apiEndpoint", &PageChange::api_endpoint, fault_of_endpoint},
                                 {"authorId", &PageChange::author_id, fault_of_author},
                                 {"password", &PageChange::password, fault_of_password},
                                 {"ogImageUrl", &PageChange::og_image_url, fault_of_image_url},
                                 {"language", &PageChange::language, fault_of_language},
                                 {"theme", &PageChange::theme, fault_of_theme},
                                 {"primaryColor", &PageChange::primary_color, fault_of_color},
                                 {"codeThemeLight", &PageChange::code_theme_light, fault_of_light_theme},
                                 {"codeThemeDark", &PageChange::code_theme_dark, fault_of_dark_theme},
                                 {"fontSize", &PageChange::font_size, fault_of_font_size},
                                 {"contentType", &PageChange::content_type, fault_of_type, false},
                                 {"publishedAt", &PageChange::published_at, fault_of_date, false}};

// ---- lists
// ------------------------------------------------------------------------------------------------------------
std::string fault_of_tag(std::string_view tag) {
  const std::string name = lower_cased(trimmed(tag));
  if (name.empty() || name.size() > kMaxTagBytes) return "each tag must have 1 to 30 characters";
  const auto is_allowed = [](char c) { return is_slug_character(c) || c == ' '; };
  return std::all_of(name.begin(), name.end(), is_allowed) ? ""
                                                           : "tags may hold letters a-z, digits, spaces and hyphens";
}

// An alias becomes a rule of the image, whose addresses are those that a file could have.
bool is_file_path(std::string_view path) {
  const auto is_good = [](std::string_view text) {
    const Result<std::string_view> parsed = model::parse_manifest_path(text);
    return parsed.ok() && *parsed == text;
  };
  return is_good(path.ends_with('/') ? path.substr(0, path.size() - 1) : path) && is_good(std::string(path) + ".html");
}

std::string fault_of_alias(std::string_view alias) {
  const auto is_bad = [](char c) {
    return is_control(c) || c == ' ' || c == '?' || c == '#' || c == '"' || c == '<' || c == '>' || c == '\\';
  };
  const bool is_good = alias.starts_with('/') && !alias.starts_with("//") && alias.size() > 1 &&
                       alias.size() <= kMaxAliasBytes && std::none_of(alias.begin(), alias.end(), is_bad) &&
                       is_file_path(alias.substr(1));
  return is_good ? "" : "each alias must be a path like /old/address of at most 300 characters";
}

std::string fault_of_list(std::string_view name, const std::vector<std::string>& list, std::size_t limit,
                          std::string (*fault_of)(std::string_view)) {
  if (list.size() > limit) return fmt::format("{} must be at most {}", name, limit);
  for (const std::string& item : list)
    if (std::string fault = fault_of(item); !fault.empty()) return fault;
  return {};
}

void check_switches(const PageChange& change, FieldErrors& errors) {
  for (std::size_t i = 0; i < model::kSwitches; ++i) {
    const std::optional<std::string>& value = change.switches[i];
    if (!value || *value == "true" || *value == "false" || *value == "inherit" || value->empty()) continue;
    const std::string name(model::to_string(static_cast<model::Switch>(i)));
    errors.emplace_back(name, name + " must be \"true\", \"false\" or \"inherit\"");
  }
}

void add(FieldErrors& errors, std::string_view name, std::string fault) {
  if (fault.empty()) return;
  const auto is_same = [&](const auto& each) { return each.first == name; };
  if (std::none_of(errors.begin(), errors.end(), is_same)) errors.emplace_back(name, std::move(fault));
}

}  // namespace

FieldErrors check_fields(const PageChange& change) {
  FieldErrors errors;
  for (const Limit& limit : kLimits)
    if (const auto& value = change.*limit.field) add(errors, limit.name, fault_of_text(*value, limit));
  for (const Grammar& grammar : kGrammars)
    if (const auto& value = change.*grammar.field; value && !(grammar.may_clear && value->empty()))
      add(errors, grammar.name, grammar.fault_of(*value));
  if (change.slug && !is_slug(*change.slug)) add(errors, "slug", "slug must be 1 to 100 of a-z, 0-9 and inner hyphens");
  if (change.tags) add(errors, "tags", fault_of_list("tags", *change.tags, kMaxTags, fault_of_tag));
  if (change.aliases) add(errors, "aliases", fault_of_list("aliases", *change.aliases, kMaxAliases, fault_of_alias));
  check_switches(change, errors);
  return errors;
}

std::string lower_cased(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool is_slug(std::string_view slug) {
  return !slug.empty() && slug.size() <= kMaxSlug && slug.front() != '-' && slug.back() != '-' &&
         std::all_of(slug.begin(), slug.end(), is_slug_character);
}

std::string slug_from_title(std::string_view title) {
  std::string slug;
  for (const char original : title) {
    const char c = lower(original);
    if (c == '\'') continue;
    if (is_lower_or_digit(c))
      slug += c;
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  slug.resize(std::min(slug.size(), kMaxSlug));
  while (slug.ends_with('-')) slug.pop_back();
  return slug;
}

std::string_view first_segment(std::string_view section) { return section.substr(0, section.find('/')); }

bool is_reserved_segment(std::string_view segment) {
  // A file 200.html would answer for every address that has none.
  constexpr std::array<std::string_view, 11> kReserved = {"docs",   "blog",  "tags", "media", "authors", "search",
                                                          "assets", "index", "404",  "200",   "feed"};
  return std::find(kReserved.begin(), kReserved.end(), segment) != kReserved.end();
}

std::string fault_of_section(model::ContentType type, std::string_view section) {
  if (section.empty()) return {};
  if (type == model::ContentType::kHomepage) return "a homepage has no section";
  const std::size_t segments = 1 + static_cast<std::size_t>(std::count(section.begin(), section.end(), '/'));
  if (segments > (type == model::ContentType::kStandalone ? 2 : 1))
    return type == model::ContentType::kStandalone ? "section must have one or two segments, like a or a/b"
                                                   : "section must have one segment";
  for (std::string_view rest = section;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (!is_slug(segment) || segment.find("--") != std::string_view::npos)
      return "each segment of section must be 1 to 100 of a-z, 0-9 and single inner hyphens";
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (type == model::ContentType::kStandalone && is_reserved_segment(first_segment(section)))
    return fmt::format("section must not begin with the reserved word {}", first_segment(section));
  return {};
}

std::vector<std::string> normalise_tags(const std::vector<std::string>& tags) {
  std::vector<std::string> out;
  for (const std::string& tag : tags)
    if (std::string name = lower_cased(trimmed(tag)); std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(std::move(name));
  return out;
}

}  // namespace sitepod::content
