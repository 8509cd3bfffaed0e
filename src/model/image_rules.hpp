// What an image says about addresses beyond the files at them: which pages ask for a password, and where old addresses
// lead. It travels in the image as the file kRulesPath, so that a rollback brings back the rules of that image. Format:
// docs/formats/image-rules.md. Values and pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sitepod::model {

// Files below it are for the server, never for visitors. Only in images that the server built itself: in an uploaded
// one they are ordinary files without any effect.
inline constexpr std::string_view kReservedFolder = "_sitepod/";
inline constexpr std::string_view kRulesPath = "_sitepod/rules";
inline constexpr std::string_view kLockedFolder = "_sitepod/locked/";  // the texts of locked pages

// An old address and where it leads. Both begin with one "/" and are not percent-encoded; `to` is on the same host.
struct RedirectRule {
  std::string from;  // without a slash at its end
  std::string to;
  auto operator<=>(const RedirectRule&) const = default;
};

// A page that only who knows its password may read. All are as in a manifest, without a leading slash.
struct LockRule {
  std::string file;      // what everybody gets: the form that asks for the password
  std::string text;      // below kLockedFolder: what is served in its place
  std::string verifier;  // argon2id string of libsodium
  auto operator<=>(const LockRule&) const = default;
};

struct ImageRules {
  std::vector<LockRule> locks;          // by `file`, each once
  std::vector<RedirectRule> redirects;  // by `from`, each once
  bool empty() const { return locks.empty() && redirects.empty(); }
};

// What may be a rule's address: "/", then segments as a manifest's path has them; `to` may end in "/" and be "/" alone.
bool is_redirect_source(std::string_view from);
bool is_redirect_target(std::string_view to);

// Puts the rules in order. Of two with one address or file the first by the other field stays.
void sort_rules(ImageRules& rules);

// Requires: sorted, addresses as above. Deterministic: equal rules have equal bytes.
std::string rules_to_bytes(const ImageRules& rules);
// Refuses anything that rules_to_bytes would not have written (kind Internal: the server writes them itself).
Result<ImageRules> parse_rules(std::string_view bytes);

}  // namespace sitepod::model
