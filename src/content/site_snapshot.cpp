#include "content/site_snapshot.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "content/page_rules.hpp"
#include "content/sites.hpp"
#include "meta/media.hpp"
#include "meta/pages.hpp"
#include "meta/sites.hpp"

namespace sitepod::content {
namespace {

// A page's address of before leads to it, unless another page has the address now or asks for it.
Result<void> add_old_addresses(meta::Session& session, std::string_view project_id, std::vector<model::Page>& pages) {
  std::unordered_map<std::string_view, model::Page*> by_id;
  std::unordered_set<std::string> taken;
  for (model::Page& page : pages) {
    by_id.emplace(page.id, &page);
    taken.insert(model::page_path(page.content_type, page.section, page.slug));
    taken.insert(page.aliases.begin(), page.aliases.end());
  }
  return meta::each_page_address(session, project_id, [&](std::string_view path, std::string_view page_id) {
    const auto found = by_id.find(page_id);
    if (found == by_id.end() || taken.contains(std::string(path))) return;
    found->second->aliases.emplace_back(path);
  });
}

Result<std::vector<builder::MediaFile>> load_media(meta::Session& session, std::string_view project_id) {
  std::vector<builder::MediaFile> files;
  std::unordered_map<std::string, std::size_t> places;
  const std::vector<meta::Media> rows = SITEPOD_TRY(meta::list_media(session, project_id));
  for (const meta::Media& row : rows) {
    places.emplace(row.path, files.size());
    files.push_back({row.path,
                     row.blob,
                     row.size,
                     row.media_type,
                     static_cast<std::uint32_t>(row.width),
                     static_cast<std::uint32_t>(row.height),
                     {}});
  }
  for (const meta::Media& row : rows)
    if (const auto whole = places.find(row.variant_of); !row.variant_of.empty() && whole != places.end())
      files[whole->second].variants.emplace_back(static_cast<std::uint32_t>(row.width), row.path);
  for (builder::MediaFile& file : files) std::sort(file.variants.begin(), file.variants.end());
  return files;
}

}  // namespace

Result<SiteSnapshot> load_snapshot(meta::Session& session, const meta::Project& project, const deploy::SiteUrls& urls,
                                   Instant now) {
  SiteSnapshot snapshot;
  Settings settings = SITEPOD_TRY(load_settings(session, project.id));
  builder::Site& site = snapshot.site;
  site.base_url = urls.environment_url(project.subdomain, settings.environment);
  site.settings = std::move(settings.site);
  if (site.settings.title.empty()) site.settings.title = project.name;
  if (site.settings.language.empty()) site.settings.language = "en";
  site.settings.tag_names = SITEPOD_TRY(meta::list_display_names(session, project.id, meta::NameKind::kTag));
  site.settings.section_names = SITEPOD_TRY(meta::list_display_names(session, project.id, meta::NameKind::kSection));
  site.pages = SITEPOD_TRY(meta::list_public_pages(session, project.id, now));
  SITEPOD_TRY(add_old_addresses(session, project.id, site.pages));
  site.authors = SITEPOD_TRY(meta::list_authors(session, project.owner_id));
  site.media = SITEPOD_TRY(load_media(session, project.id));
  snapshot.environment = std::move(settings.environment);
  return snapshot;
}

}  // namespace sitepod::content
