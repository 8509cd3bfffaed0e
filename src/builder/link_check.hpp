// Which links of pages lead nowhere within the site. Pages that did not change are not looked at again while every path
// and heading stands where it stood. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "builder/build_memory.hpp"
#include "builder/outline.hpp"
#include "builder/texts.hpp"

namespace sitepod::builder {

// What was found, and what the next build needs to skip the pages that did not change.
struct LinkReport {
  CacheKey places_key;  // of every path and heading that links may lead to
  std::vector<CacheKey> page_keys;
  std::vector<std::vector<BrokenLink>> broken;  // by page
};

// `files`: every path of the built site and of its media, without leading slashes, in a stable order.
LinkReport check_links(const Site& site, const Outline& outline, const Texts& texts,
                       const std::vector<std::string_view>& files, const Memory& memory, unsigned threads);

// The path that a link on a page leads to, resolved as browsers do (RFC 3986 §5); with percent-escapes decoded, without
// query and fragment. Nothing: the link leaves the site.
std::optional<std::string> local_target(std::string_view link, std::string_view page_url, std::string_view base_url);

}  // namespace sitepod::builder
