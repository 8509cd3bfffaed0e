// HTML of our own renderer for readers elsewhere: addresses without a host get one. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sitepod::builder {

// `base_url` has no final slash; `page_url` is the page's own address, for "#part". Only href, src and srcset of tags.
std::string with_absolute_links(std::string_view html, std::string_view base_url, std::string_view page_url);

}  // namespace sitepod::builder
