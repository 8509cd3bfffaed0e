// Which links of pages lead nowhere within the site. Pages that did not change are not looked at again while every path
// and heading stands where it stood. A resource of one thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "builder/outline.hpp"
#include "builder/texts.hpp"

namespace sitepod::builder {

class LinkCheck {
 public:
  // What is given outlives it.
  LinkCheck(const Site& site, const Outline& outline, const Texts& texts);
  ~LinkCheck();
  // `files`: every path of the built site and of its media, without leading slashes.
  void look_at_all(std::vector<std::string> files, unsigned threads);
  // Pages with another text, while every path and every heading stands where look_at_all() found it.
  void look_at(std::span<const PageNumber> pages);
  // By page.
  const std::vector<std::vector<BrokenLink>>& broken() const { return broken_; }

 private:
  class Places;
  void look_at_page(PageNumber page);
  bool is_broken(const PlacedPage& placed, const std::string& link) const;
  bool leads_to_heading(const std::string& target, const std::string& anchor) const;

  const Site& site_;
  const Outline& outline_;
  const Texts& texts_;
  std::unique_ptr<const Places> places_;
  std::vector<std::vector<BrokenLink>> broken_;
};

// The path that a link on a page leads to, resolved as browsers do (RFC 3986 §5); with percent-escapes decoded, without
// query and fragment. Nothing: the link leaves the site.
std::optional<std::string> local_target(std::string_view link, std::string_view page_url, std::string_view base_url);

}  // namespace sitepod::builder
