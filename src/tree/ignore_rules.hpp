// Which files of a folder are not deployed: gitignore syntax (gitignore(5)) under built-in rules that protect secrets.
// A value; filled by one thread, then read by any. Later rules win over earlier ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sitepod::tree {

enum class SkipReason : std::uint8_t {
  None,
  Secret,  // .git, .env*
  Hidden,  // another name that begins with a dot
  NodeModules,
  Pattern,         // a pattern of the user or of the defaults
  Settings,        // sitepod.toml of the deployed folder
  OutsideSymlink,  // a symbolic link that leaves the folder, dangles or loops
  Special,         // neither file nor folder nor link
};
std::string_view describe(SkipReason reason);

class IgnoreRules {
 public:
  // What sitepod.toml's [deploy] ignore means when it is absent.
  static std::vector<std::string> default_patterns();

  // One line of gitignore syntax; comments and blank lines are no rules.
  void add_line(std::string_view line);
  void add_text(std::string_view text);

  // Requires: path is relative to the deployed folder with '/' between segments, and no parent of it was skipped.
  // `.well-known` and what lies in it ships whatever the patterns say; `.git` and `.env*` ship only when a negated
  // pattern names them literally ("!.env.example"), other dot files and node_modules when a negated pattern matches.
  SkipReason judge(std::string_view path, bool is_directory) const;

 private:
  struct Rule {
    std::string pattern;
    bool negated = false;
    bool directories_only = false;
    bool anchored = false;  // has a '/' before its end, so it counts from the deployed folder
  };
  static std::optional<Rule> parse_line(std::string_view line);
  static bool matches(const Rule& rule, std::string_view path, bool is_directory);

  std::vector<Rule> rules_;
};

// Wild-match of gitignore: '*' and '?' stay within a segment, "**" as a whole segment crosses them, [a-z] and [!a-z],
// '\' escapes. Linear in pattern × text: no pattern can make it slow.
bool wildmatch(std::string_view pattern, std::string_view text);

}  // namespace sitepod::tree
