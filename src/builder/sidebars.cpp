// The sidebars of a Composer. A small area shows all its pages to all of them. In a large one only the section around
// the page is listed, of a large section only the block around the page, and of many sections only those around it:
// what a page shows stays small, and one page's new title changes few others.
#include <algorithm>

#include "builder/composer.hpp"

namespace sitepod::builder {
namespace {

constexpr std::size_t kSmallArea = 120;  // pages
constexpr std::size_t kBlock = 60;       // pages of a section shown at once
constexpr std::size_t kAround = 10;      // more on each side, so that the block's first and last page see neighbours
constexpr std::size_t kGroups = 60;      // sections of a large area named at once

}  // namespace

std::size_t Composer::block_of(PageNumber page) const { return position_[page] / kBlock; }

void Composer::make_sidebars() {
  for (const std::string& area : outline_.areas) {
    if (area == "blog") continue;
    const PlacedSection& top = outline_.sections.at(area);
    is_small_[area] = count_pages(top) <= kSmallArea;
    for (std::size_t i = 0; i < top.sections.size(); ++i) section_position_[top.sections[i]] = i;
    make_sidebar(area, "", 0);
    if (is_small_[area]) continue;
    const auto make_blocks = [&](const PlacedSection& section) {
      for (std::size_t block = 0; block * kBlock < section.pages.size(); ++block) make_sidebar(area, section.id, block);
    };
    make_blocks(top);
    for (const std::string& inner : top.sections) make_blocks(outline_.sections.at(inner));
  }
}

void Composer::make_sidebar(const std::string& area, const std::string& open_section, std::size_t block) {
  const PlacedSection& top = outline_.sections.at(area);
  auto view = std::make_unique<SidebarView>();
  view->title = top.title;
  view->url = top.url;
  view->links = sidebar_links(top, open_section == area ? block : 0, view->has_more);
  add_sidebar_groups(top, open_section, block, *view);
  view->key = key_of_fields(*view);
  sidebars_[{area, open_section, block}] = std::move(view);
}

// Every section of a small area is open. In a large one those around the open section are named: all of them on every
// page would make a site of many sections grow with their square.
void Composer::add_sidebar_groups(const PlacedSection& top, const std::string& open_section, std::size_t block,
                                  SidebarView& view) {
  const std::vector<std::string>& sections = top.sections;
  if (is_small_[top.id]) {
    for (const std::string& inner : sections) view.groups.push_back(open_group(outline_.sections.at(inner), 0));
    return;
  }
  const auto open = section_position_.find(open_section);
  const std::size_t at = open == section_position_.end() ? 0 : open->second;
  const std::size_t last_begin = sections.size() - std::min(sections.size(), kGroups);
  const std::size_t begin = std::min(at - std::min(at, kGroups / 2), last_begin);
  const std::size_t end = std::min(sections.size(), begin + kGroups);
  for (std::size_t i = begin; i < end; ++i) {
    const PlacedSection& section = outline_.sections.at(sections[i]);
    view.groups.push_back(section.id == open_section ? open_group(section, block) : closed_group(section));
  }
  view.has_more_groups = end - begin < sections.size();
}

const GroupView* Composer::open_group(const PlacedSection& section, std::size_t block) {
  GroupView& group = groups_.emplace_back();
  group.id = section.id;
  group.title = section.title;
  group.url = section.url;
  group.links = sidebar_links(section, block, group.has_more);
  return &group;
}

const GroupView* Composer::closed_group(const PlacedSection& section) {
  const GroupView*& known = closed_groups_[section.id];
  if (known != nullptr) return known;
  GroupView& group = groups_.emplace_back();
  group.id = section.id;
  group.title = section.title;
  group.url = section.url;
  group.has_more = true;
  return known = &group;
}

std::vector<LinkView> Composer::sidebar_links(const PlacedSection& section, std::size_t block, bool& has_more) const {
  std::size_t begin = 0;
  std::size_t end = section.pages.size();
  if (end > kSmallArea) {
    begin = block == 0 ? 0 : block * kBlock - kAround;
    end = std::min(end, (block + 1) * kBlock + kAround);
    has_more = true;
  }
  std::vector<LinkView> links;
  for (std::size_t i = begin; i < end; ++i) links.push_back(link_to(section.pages[i]));
  return links;
}

const SidebarView* Composer::sidebar_for(const std::string& section, PageNumber page) const {
  const std::string area = section.substr(0, section.find('/'));
  const auto small = is_small_.find(area);
  if (small == is_small_.end()) return nullptr;
  if (small->second) return sidebars_.at({area, "", 0}).get();
  return sidebars_.at({area, section, block_of(page)}).get();
}

const SidebarView* Composer::sidebar_of_list(const std::string& section) const {
  const std::string area = section.substr(0, section.find('/'));
  for (const std::string& open : {section, std::string()})
    if (const auto at = sidebars_.find({area, open, 0}); at != sidebars_.end()) return at->second.get();
  return nullptr;
}

}  // namespace sitepod::builder
