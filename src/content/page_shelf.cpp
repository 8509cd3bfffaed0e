#include "content/page_shelf.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "meta/pages.hpp"

namespace sitepod::content {
namespace {

builder::SharedPage with_aliases(const builder::SharedPage& row, const std::vector<std::string>& more) {
  auto page = std::make_shared<model::Page>(*row);
  page->aliases.insert(page->aliases.end(), more.begin(), more.end());
  return page;
}

bool has_aliases(const model::Page& page, const model::Page& row, const std::vector<std::string>& more) {
  return page.aliases.size() == row.aliases.size() + more.size() &&
         std::equal(more.rbegin(), more.rend(), page.aliases.rbegin());
}

}  // namespace

// A page's address of before leads to it, unless another page has the address now or asks for it.
Result<std::unordered_map<std::string, PageShelf::Aliases>> PageShelf::load_old_addresses(
    meta::Session& session, std::string_view project_id) const {
  std::vector<std::pair<std::string, std::string>> addresses;
  SITEPOD_TRY(meta::each_page_address(
      session, project_id, [&](std::string_view path, std::string_view id) { addresses.emplace_back(path, id); }));
  std::unordered_map<std::string, Aliases> by_page;
  if (addresses.empty()) return by_page;
  std::unordered_set<std::string> taken;
  for (const Kept& page : pages_) {
    taken.insert(model::page_path(page.row->content_type, page.row->section, page.row->slug));
    taken.insert(page.row->aliases.begin(), page.row->aliases.end());
  }
  for (auto& [path, id] : addresses)
    if (!taken.contains(path)) by_page[id].push_back(std::move(path));
  return by_page;
}

Result<std::vector<builder::SharedPage>> PageShelf::load(meta::Session& session, std::string_view project_id,
                                                         Instant now) {
  const std::vector<meta::PageVersion> versions = SITEPOD_TRY(meta::list_public_pages(session, project_id, now));
  std::vector<Kept> kept;
  kept.reserve(versions.size());
  auto known = pages_.begin();
  for (const meta::PageVersion& version : versions) {
    while (known != pages_.end() && known->id < version.id) ++known;
    if (known != pages_.end() && known->id == version.id && known->revision == version.revision) {
      kept.push_back(std::move(*known++));
      continue;
    }
    std::optional<model::Page> page = SITEPOD_TRY(meta::find_page(session, project_id, version.id));
    if (!page) return internal("page " + version.id + " vanished within its transaction");
    const auto row = std::make_shared<const model::Page>(*std::move(page));
    kept.push_back({version.id, version.revision, row, row});
  }
  pages_ = std::move(kept);
  const auto old_addresses = SITEPOD_TRY(load_old_addresses(session, project_id));
  std::vector<builder::SharedPage> shown;
  shown.reserve(pages_.size());
  for (Kept& page : pages_) {
    const auto found = old_addresses.find(page.id);
    if (found == old_addresses.end())
      page.shown = page.row;
    else if (!has_aliases(*page.shown, *page.row, found->second))
      page.shown = with_aliases(page.row, found->second);
    shown.push_back(page.shown);
  }
  return shown;
}

}  // namespace sitepod::content
