#include "model/image_rules.hpp"

#include <algorithm>
#include <array>

#include "model/names.hpp"

namespace sitepod::model {
namespace {

constexpr std::string_view kFirstLine = "sitepod-rules 1\n";
constexpr std::string_view kRedirect = "redirect";

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

bool is_redirect_source(std::string_view from) {
  if (!from.starts_with('/')) return false;
  const Result<std::string_view> path = parse_manifest_path(from.substr(1));
  return path.ok() && *path == from.substr(1);
}

bool is_redirect_target(std::string_view to) {
  return to == "/" || is_redirect_source(to.ends_with('/') ? to.substr(0, to.size() - 1) : to);
}

void sort_rules(ImageRules& rules) {
  std::vector<RedirectRule>& redirects = rules.redirects;
  std::sort(redirects.begin(), redirects.end());
  const auto is_same = [](const RedirectRule& a, const RedirectRule& b) { return a.from == b.from; };
  redirects.erase(std::unique(redirects.begin(), redirects.end(), is_same), redirects.end());
}

std::string rules_to_bytes(const ImageRules& rules) {
  std::string out(kFirstLine);
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
    if (line.substr(0, line.find('\t')) != kRedirect) return damaged("a line is of an unknown kind");
    SITEPOD_TRY(parse_redirect(line, rules));
  }
  return rules;
}

}  // namespace sitepod::model
