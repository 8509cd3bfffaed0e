// The sidebars of a Composer. A small area shows all its pages to all of them. In a large one only the section around
// the page is listed, and of a large section only the block around the page: what a page shows stays small, and one
// page's new title changes few others.
#include "builder/composer.hpp"

namespace sitepod::builder {
namespace {

constexpr std::size_t kSmallArea = 120;  // pages
constexpr std::size_t kBlock = 60;       // pages of a section shown at once
constexpr std::size_t kAround = 10;      // more on each side, so that the block's first and last page see neighbours

}  // namespace

std::size_t Composer::block_of(PageNumber page) const { return position_[page] / kBlock; }

void Composer::make_sidebars() {
  for (const std::string& area : outline_.areas) {
    if (area == "blog") continue;
    const PlacedSection& top = outline_.sections.at(area);
    is_small_[area] = count_pages(top) <= kSmallArea;
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
  for (const std::string& inner : top.sections)
    view->groups.push_back(sidebar_group(outline_.sections.at(inner), open_section, block, is_small_[area]));
  view->key = key_of_fields(*view);
  sidebars_[{area, open_section, block}] = std::move(view);
}

GroupView Composer::sidebar_group(const PlacedSection& section, const std::string& open_section, std::size_t block,
                                  bool is_small) const {
  GroupView group;
  group.id = section.id;
  group.title = section.title;
  group.url = section.url;
  group.has_more = true;
  if (is_small || section.id == open_section) {
    group.has_more = false;
    group.links = sidebar_links(section, section.id == open_section ? block : 0, group.has_more);
  }
  return group;
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
  if (small->second) return sidebar_of_area(area);
  return sidebars_.at({area, section, block_of(page)}).get();
}

const SidebarView* Composer::sidebar_of_area(const std::string& area) const {
  const auto at = sidebars_.find({area, "", 0});
  return at == sidebars_.end() ? nullptr : at->second.get();
}

}  // namespace sitepod::builder
