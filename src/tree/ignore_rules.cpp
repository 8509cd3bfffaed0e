#include "tree/ignore_rules.hpp"

namespace sitepod::tree {
namespace {

std::string_view last_segment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool has_segment(std::string_view path, std::string_view wanted) {
  while (!path.empty()) {
    std::size_t slash = path.find('/');
    if (path.substr(0, slash) == wanted) return true;
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return false;
}

bool is_secret(std::string_view name) { return name == ".git" || name.starts_with(".env"); }

struct ClassMatch {
  bool matched;
  std::size_t length;  // of the bracket expression; 0 when it is not closed
};

// Requires: pattern begins with '['.
ClassMatch match_class(std::string_view pattern, char c) {
  std::size_t i = 1;
  bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    auto low = static_cast<unsigned char>(pattern[i]), high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = static_cast<unsigned char>(pattern[i + 2]);
      i += 2;
    }
    auto byte = static_cast<unsigned char>(c);
    found = found || (byte >= low && byte <= high);
    ++i;
  }
  if (i >= pattern.size()) return {false, 0};
  return {found != negated && c != '/', i + 1};
}

// Matches one segment; backtracks only to the latest '*'.
bool match_segment(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    std::size_t step = 0;
    if (p < pattern.size()) {
      char c = pattern[p];
      if (c == '*') {
        star = p++;
        star_text = t;
        continue;
      }
      if (c == '[') {
        ClassMatch bracket = match_class(pattern.substr(p), text[t]);
        step = bracket.matched ? bracket.length : 0;
        if (bracket.length == 0 && text[t] == '[') step = 1;
      } else if (c == '\\' && p + 1 < pattern.size()) {
        step = pattern[p + 1] == text[t] ? 2 : 0;
      } else {
        step = c == '?' || c == text[t] ? 1 : 0;
      }
    }
    if (step > 0) {
      p += step;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::size_t start = 0;;) {
    std::size_t slash = path.find('/', start);
    segments.push_back(path.substr(start, slash - start));
    if (slash == std::string_view::npos) return segments;
    start = slash + 1;
  }
}

}  // namespace

std::string_view describe(SkipReason reason) {
  switch (reason) {
    case SkipReason::None:
      return "";
    case SkipReason::Secret:
      return "may hold secrets";
    case SkipReason::Hidden:
      return "hidden";
    case SkipReason::NodeModules:
      return "node_modules";
    case SkipReason::Pattern:
      return "ignored by a pattern";
    case SkipReason::Settings:
      return "settings of this project";
    case SkipReason::OutsideSymlink:
      return "link that leaves the folder or leads nowhere";
    case SkipReason::Special:
      return "neither file nor folder";
  }
  return "";
}

// The same star algorithm as in a segment, one floor up: segments instead of characters, "**" instead of '*'.
bool wildmatch(std::string_view pattern, std::string_view text) {
  std::vector<std::string_view> wanted = split(pattern), given = split(text);
  // A trailing "**" matches everything inside, so at least one segment.
  bool inside = wanted.size() > 1 && wanted.back() == "**";
  std::size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < given.size()) {
    if (p < wanted.size() && wanted[p] == "**") {
      if (inside && p + 1 == wanted.size()) return true;
      star = p++;
      star_text = t;
    } else if (p < wanted.size() && match_segment(wanted[p], given[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < wanted.size() && wanted[p] == "**" && !(inside && p + 1 == wanted.size())) ++p;
  return p == wanted.size();
}

std::vector<std::string> IgnoreRules::default_patterns() { return {"**/*.map", ".*", "node_modules/**"}; }

std::optional<IgnoreRules::Rule> IgnoreRules::parse_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  if (line.empty() || line.front() == '#') return std::nullopt;
  Rule rule;
  if (line.front() == '!') {
    rule.negated = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    rule.directories_only = true;
    line.remove_suffix(1);
  }
  rule.anchored = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  if (line.empty()) return std::nullopt;
  rule.pattern = line;
  return rule;
}

void IgnoreRules::add_line(std::string_view line) {
  if (auto rule = parse_line(line)) rules_.push_back(std::move(*rule));
}

void IgnoreRules::add_text(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    add_line(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

bool IgnoreRules::matches(const Rule& rule, std::string_view path, bool is_directory) {
  if (rule.directories_only && !is_directory) return false;
  return rule.anchored ? wildmatch(rule.pattern, path) : match_segment(rule.pattern, last_segment(path));
}

SkipReason IgnoreRules::judge(std::string_view path, bool is_directory) const {
  std::string_view name = last_segment(path);
  if (is_secret(name)) {
    std::string_view stem = name.substr(0, 4);  // ".git" or ".env"
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
      if (matches(*rule, path, is_directory) && last_segment(rule->pattern).starts_with(stem))
        return rule->negated ? SkipReason::None : SkipReason::Secret;
    return SkipReason::Secret;
  }
  if (has_segment(path, ".well-known")) return SkipReason::None;

  SkipReason reason = SkipReason::None;
  if (name.starts_with('.')) reason = SkipReason::Hidden;
  if (name == "node_modules" && is_directory) reason = SkipReason::NodeModules;
  if (path == "sitepod.toml" && !is_directory) reason = SkipReason::Settings;
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (!matches(*rule, path, is_directory)) continue;
    if (rule->negated) return SkipReason::None;
    return reason == SkipReason::None ? SkipReason::Pattern : reason;
  }
  return reason;
}

}  // namespace sitepod::tree
