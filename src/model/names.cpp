#include "model/names.hpp"

#include <algorithm>
#include <array>

namespace sitepod::model {
namespace {

constexpr std::size_t kMaxProjectName = 100;
constexpr std::size_t kMaxLabel = 63;  // RFC 1035 §2.3.4
constexpr std::size_t kMaxEnvironmentName = 32;
constexpr std::size_t kMaxSlug = 40;
constexpr std::size_t kMaxEmail = 254;  // RFC 5321 §4.5.3.1.3 less the angle brackets
constexpr std::size_t kMaxPath = 1024;

constexpr std::array<std::string_view, 15> kReserved = {"console", "welcome", "www",    "api",         "app",
                                                        "admin",   "static",  "assets", "cdn",         "mail",
                                                        "email",   "ftp",     "ssh",    "sitepod-www", "preview"};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }
bool is_label_character(char c) { return is_lower(c) || is_digit(c) || c == '-'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
// U+0080 to U+009F: control characters of two bytes. Requires valid UTF-8.
bool has_late_control(std::string_view text) {
  for (std::size_t at = text.find('\xc2'); at != std::string_view::npos; at = text.find('\xc2', at + 1))
    if (static_cast<unsigned char>(text[at + 1]) < 0xa0) return true;
  return false;
}
// An object, so that algorithms call it in line: of every file of an image each byte is asked.
constexpr auto is_plain_in_path = [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; };
char lower(char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lower_cased(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trimmed(std::string_view text) {
  auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The path in a form that may stand in a message: what is not printable becomes "?", long ones are cut.
std::string shown(std::string_view path) {
  std::string out(path.substr(0, 200));
  bool is_text = is_valid_utf8(out);
  for (char& c : out)
    if (is_control(c) || (!is_text && static_cast<unsigned char>(c) >= 0x80)) c = '?';
  return out.size() < path.size() ? out + "…" : out;
}

Error bad_path(std::string_view path, std::string_view why) {
  return invalid("invalid_path", "The path \"" + shown(path) + "\" " + std::string(why) + ".");
}

// What is wrong with a segment of a path; empty when nothing is.
std::string_view fault_of_segment(std::string_view segment) {
  if (segment.empty()) return "has an empty segment";
  if (segment == "." || segment == "..") return "has a segment \".\" or \"..\"";
  return {};
}

bool is_email_domain(std::string_view domain) {
  if (domain.find('.') == std::string_view::npos) return false;
  while (true) {
    std::size_t dot = domain.find('.');
    if (domain.substr(0, dot).empty()) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

}  // namespace

Result<std::string> parse_project_name(std::string_view name) {
  auto is_name_character = [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
  bool is_well_formed = !name.empty() && name.size() <= kMaxProjectName && is_alphanumeric(name.front()) &&
                        std::all_of(name.begin(), name.end(), is_name_character) &&
                        name.find("..") == std::string_view::npos;
  if (!is_well_formed)
    return invalid_request(
        "A project name has 1 to 100 letters, digits, \".\", \"_\" or \"-\", begins with a letter or digit and has no "
        "\"..\".");
  if (is_reserved_subdomain(project_key(name)) || is_reserved_subdomain(subdomain_from(name)))
    return invalid_request("The project name \"" + std::string(name) + "\" is reserved; choose another one.");
  return std::string(name);
}

std::string project_key(std::string_view name) { return lower_cased(name); }

std::string subdomain_from(std::string_view name) {
  std::string out;
  for (char c : name) {
    char kept = is_label_character(lower(c)) ? lower(c) : '-';
    if (kept == '-' && (out.empty() || out.back() == '-')) continue;
    out.push_back(kept);
    if (out.size() == kMaxLabel) break;
  }
  if (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

bool is_reserved_subdomain(std::string_view subdomain) {
  if (subdomain.starts_with('_') || subdomain.ends_with("-beta")) return true;
  return std::find(kReserved.begin(), kReserved.end(), subdomain) != kReserved.end();
}

Result<std::string> parse_environment_name(std::string_view name) {
  bool is_well_formed = !name.empty() && name.size() <= kMaxEnvironmentName && name.front() != '-' &&
                        name.back() != '-' && std::all_of(name.begin(), name.end(), is_label_character);
  if (!is_well_formed)
    return invalid_request(
        "An environment name has 1 to 32 of a-z, 0-9 and \"-\", and neither begins nor ends with \"-\".");
  return std::string(name);
}

std::string environment_label(std::string_view subdomain, std::string_view environment) {
  std::string label(subdomain);
  if (environment != kProduction) label.append("-").append(environment);
  return label;
}

Result<std::string> parse_preview_slug(std::string_view subdomain, std::string_view slug) {
  bool is_well_formed = !slug.empty() && slug.size() <= kMaxSlug && slug.front() != '-' && slug.back() != '-' &&
                        std::all_of(slug.begin(), slug.end(), is_label_character) &&
                        slug.find("--") == std::string_view::npos;
  if (!is_well_formed)
    return invalid_request(
        "The field \"slug\" must have 1 to 40 of a-z, 0-9 and \"-\"; it neither begins nor ends with \"-\" and has no "
        "\"--\".");
  if (preview_label(subdomain, slug).size() > kMaxLabel)
    return invalid_request("The field \"slug\" is too long: with the project's subdomain \"" + std::string(subdomain) +
                           "\" and \"--\" it must have at most 63 characters.");
  return std::string(slug);
}

std::string preview_label(std::string_view subdomain, std::string_view slug) {
  return std::string(subdomain).append("--").append(slug);
}

Result<std::string> parse_email(std::string_view email) {
  std::string_view text = trimmed(email);
  auto is_forbidden = [](char c) {
    return is_control(c) || std::string_view(" <>()[],;:\\\"").find(c) != std::string_view::npos;
  };
  std::size_t at = text.find('@');
  bool is_well_formed = text.size() <= kMaxEmail && at != std::string_view::npos && at > 0 &&
                        text.find('@', at + 1) == std::string_view::npos && is_email_domain(text.substr(at + 1)) &&
                        std::none_of(text.begin(), text.end(), is_forbidden) && is_valid_utf8(text);
  if (!is_well_formed) return invalid_request("The e-mail address must look like name@example.com.");
  return lower_cased(text);
}

Result<std::string_view> parse_manifest_path(std::string_view path) {
  std::string_view kept = path.starts_with('/') ? path.substr(1) : path;
  if (kept.empty()) return bad_path(path, "is empty");
  if (kept.size() > kMaxPath) return bad_path(path, "is longer than 1024 bytes");
  if (kept.back() == '/') return bad_path(path, "ends in \"/\"");
  if (!std::all_of(kept.begin(), kept.end(), is_plain_in_path)) {
    if (kept.find('\\') != std::string_view::npos) return bad_path(path, "has a backslash");
    if (std::any_of(kept.begin(), kept.end(), is_control)) return bad_path(path, "has a control character");
    if (!is_valid_utf8(kept)) return bad_path(path, "is not valid UTF-8");
    if (has_late_control(kept)) return bad_path(path, "has a control character");
  }
  for (std::string_view rest = kept;;) {
    std::size_t slash = rest.find('/');
    std::string_view fault = fault_of_segment(rest.substr(0, slash));
    if (!fault.empty()) return bad_path(path, fault);
    if (slash == std::string_view::npos) return kept;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace sitepod::model
