// Which links of a page lead nowhere within the site. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "builder/outline.hpp"
#include "builder/texts.hpp"

namespace sitepod::builder {

// `files`: every path of the built site and of its media, without leading slashes.
std::vector<BrokenLink> find_broken_links(const Site& site, const Outline& outline, const Texts& texts,
                                          const std::unordered_set<std::string_view>& files, unsigned threads);

// The path that a link on a page leads to, resolved as browsers do (RFC 3986 §5); with percent-escapes decoded, without
// query and fragment. Nothing: the link leaves the site.
std::optional<std::string> local_target(std::string_view link, std::string_view page_url, std::string_view base_url);

}  // namespace sitepod::builder
