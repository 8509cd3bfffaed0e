// Any bytes: the reader refuses them, or writing what it read gives the same bytes again and every redirect leads to a
// place of the same host.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/image_rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto rules = sitepod::model::parse_rules(bytes);
  if (!rules.ok()) return 0;
  if (sitepod::model::rules_to_bytes(*rules) != bytes) std::abort();
  for (const sitepod::model::RedirectRule& rule : rules->redirects) {
    if (rule.to.empty() || rule.to[0] != '/' || rule.to.starts_with("//")) std::abort();
    for (const char c : rule.from + rule.to)
      if (static_cast<unsigned char>(c) < 0x20 || c == '\\') std::abort();
  }
  for (const sitepod::model::LockRule& rule : rules->locks)
    if (!rule.text.starts_with(sitepod::model::kLockedFolder) || !rule.verifier.starts_with("$argon2id$")) std::abort();
  auto copy = *rules;
  sitepod::model::sort_rules(copy);
  if (copy.redirects != rules->redirects || copy.locks != rules->locks) std::abort();
  return 0;
}
