#include "model/image_rules.hpp"

#include <algorithm>
#include <array>

#include "model/names.hpp"

namespace sitepod::model {
namespace {

constexpr std::string_view kFirstLine = "sitepod-rules 1\n";
constexpr std::string_view kLock = "lock";
constexpr std::string_view kRedirect = "redirect";
constexpr std::string_view kArgon2id = "$argon2id$";
constexpr std::size_t kMaxVerifier = 255;

Error damaged(std::string_view why) { return internal("rules of an image: " + std::string(why)); }

// The fields of a line, as many as there are; nothing when there are more.
template <std::size_t kCount>
bool split(std::string_view line, std::array<std::string_view, kCount>& fields) {
  for (std::size_t i = 0; i + 1 < kCount; ++i) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return false;
    fields[i] = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  fields[kCount - 1] = line;
  return line.find('\t') == std::string_view::npos;
}

bool is_path(std::string_view text) {
  const Result<std::string_view> path = parse_manifest_path(text);
  return path.ok() && *path == text;
}

bool is_verifier(std::string_view text) {
  return text.starts_with(kArgon2id) && text.size() <= kMaxVerifier &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<void> parse_lock(std::string_view line, ImageRules& rules) {
  std::array<std::string_view, 4> fields;
  if (!split(line, fields) || !is_path(fields[1]) || !is_path(fields[2]) || !fields[2].starts_with(kLockedFolder) ||
      !is_verifier(fields[3]))
    return damaged("a lock is not as it must be");
  if (!rules.redirects.empty()) return damaged("a lock stands behind a redirect");
  if (!rules.locks.empty() && rules.locks.back().file >= fields[1]) return damaged("locks are not in ascending order");
  rules.locks.push_back({std::string(fields[1]), std::string(fields[2]), std::string(fields[3])});
  return {};
}

Result<void> parse_redirect(std::string_view line, ImageRules& rules) {
  std::array<std::string_view, 3> fields;
  if (!split(line, fields) || !is_redirect_source(fields[1]) || !is_redirect_target(fields[2]))
    return damaged("a redirect is not as it must be");
  if (!rules.redirects.empty() && rules.redirects.back().from >= fields[1])
    return damaged("redirects are not in ascending order");
  rules.redirects.push_back({std::string(fields[1]), std::string(fields[2])});
  return {};
}

}  // namespace

bool is_redirect_source(std::string_view from) { return from.starts_with('/') && is_path(from.substr(1)); }

bool is_redirect_target(std::string_view to) {
  return to == "/" || is_redirect_source(to.ends_with('/') ? to.substr(0, to.size() - 1) : to);
}

void sort_rules(ImageRules& rules) {
  const auto sort = [](auto& list, auto key) {
    std::sort(list.begin(), list.end());
    const auto is_same = [key](const auto& a, const auto& b) { return a.*key == b.*key; };
    list.erase(std::unique(list.begin(), list.end(), is_same), list.end());
  };
  sort(rules.locks, &LockRule::file);
  sort(rules.redirects, &RedirectRule::from);
}

std::string rules_to_bytes(const ImageRules& rules) {
  std::string out(kFirstLine);
  for (const LockRule& rule : rules.locks)
    out.append(kLock)
        .append("\t")
        .append(rule.file)
        .append("\t")
        .append(rule.text)
        .append("\t")
        .append(rule.verifier)
        .append("\n");
  for (const RedirectRule& rule : rules.redirects)
    out.append(kRedirect).append("\t").append(rule.from).append("\t").append(rule.to).append("\n");
  return out;
}

Result<ImageRules> parse_rules(std::string_view bytes) {
  if (!bytes.starts_with(kFirstLine)) return damaged("they do not begin with \"sitepod-rules 1\"");
  bytes.remove_prefix(kFirstLine.size());
  ImageRules rules;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return damaged("the last line has no end");
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    const std::string_view kind = line.substr(0, line.find('\t'));
    if (kind != kLock && kind != kRedirect) return damaged("a line is of an unknown kind");
    SITEPOD_TRY(kind == kLock ? parse_lock(line, rules) : parse_redirect(line, rules));
  }
  return rules;
}

}  // namespace sitepod::model
