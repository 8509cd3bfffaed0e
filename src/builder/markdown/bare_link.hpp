// Addresses in running text that become links without any markup (GitHub's "extended autolinks"). md4c has them too,
// but reads a flood of them in quadratic time. Pure; any thread; linear in the length of the address found.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sitepod::builder::markdown {

struct BareLink {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The link around text[at], where "://" begins, or the "." behind "www", or an "@". It begins at `floor` or later.
std::optional<BareLink> find_bare_link(std::string_view text, std::size_t at, std::size_t floor);

}  // namespace sitepod::builder::markdown
