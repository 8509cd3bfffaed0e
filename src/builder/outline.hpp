// Where every page of a site stands: its address and file, its section, its place in every order that the site shows.
// Made once for a build; the same for any order of the pages given. Immutable afterwards; any thread. Points into the
// Site it was made from.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "builder/site.hpp"

namespace sitepod::builder {

using PageNumber = std::uint32_t;

struct PlacedPage {
  const model::Page* page = nullptr;
  const model::Author* author = nullptr;
  std::string path;     // "/docs/intro"
  std::string url;      // the path, or with a slash behind it when the page stands for a whole section
  std::string file;     // "docs/intro.html"
  std::string section;  // id: "docs/api", "guides/ios"; the area for pages without one; empty for root pages
  model::Timestamp date{};
  bool is_locked = false;
  std::optional<PageNumber> previous, next;
};

// A section, or a whole area ("docs", "blog", the first segment of standalone sections).
struct PlacedSection {
  std::string id;
  std::string title;
  std::string url;                    // "/docs/api/"
  std::vector<PageNumber> pages;      // in the order of navigation; without those of sections inside
  std::vector<std::string> sections;  // ids of those inside, in order
  std::optional<PageNumber> landing;  // the page that stands at the section's own address
};

struct PlacedTag {
  std::string slug;  // as in the address
  std::string title;
  std::vector<PageNumber> pages;  // newest first
};

struct PlacedAuthor {
  const model::Author* author = nullptr;
  std::string slug;
  std::vector<PageNumber> pages;  // newest first
};

struct Outline {
  std::vector<PlacedPage> pages;                  // by path
  std::map<std::string, PlacedSection> sections;  // by id
  std::vector<std::string> areas;                 // ids: docs, blog, then the standalone ones by title
  std::vector<PageNumber> posts;                  // of the blog, newest first
  std::vector<PageNumber> root_pages;             // standalone without a section
  std::vector<PlacedTag> tags;                    // by slug
  std::vector<PlacedAuthor> authors;              // by name
  std::optional<PageNumber> homepage;
  std::unordered_map<std::string_view, PageNumber> by_path;

  std::string_view area_of(const PlacedPage& page) const {
    return std::string_view(page.section).substr(0, page.section.find('/'));
  }
  const PlacedTag* find_tag(std::string_view tag) const;
  const PlacedAuthor* find_author(const model::Author* author) const;
};

// Fails when two pages claim one address.
Result<Outline> make_outline(const Site& site);

// "getting-started" → "Getting Started"
std::string titleized(std::string_view slug);

}  // namespace sitepod::builder
