#include "content/site_snapshot.hpp"

#include <algorithm>
#include <unordered_map>

#include "content/page_rules.hpp"
#include "content/sites.hpp"
#include "meta/media.hpp"
#include "meta/pages.hpp"
#include "meta/sites.hpp"

namespace sitepod::content {
namespace {

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
                                   PageShelf& shelf, Instant now) {
  SiteSnapshot snapshot;
  Settings settings = SITEPOD_TRY(load_settings(session, project.id));
  builder::Site& site = snapshot.site;
  site.base_url = urls.environment_url(project.subdomain, settings.environment);
  site.settings = std::move(settings.site);
  if (site.settings.title.empty()) site.settings.title = project.name;
  if (site.settings.language.empty()) site.settings.language = "en";
  site.settings.tag_names = SITEPOD_TRY(meta::list_display_names(session, project.id, meta::NameKind::kTag));
  site.settings.section_names = SITEPOD_TRY(meta::list_display_names(session, project.id, meta::NameKind::kSection));
  site.pages = SITEPOD_TRY(shelf.load(session, project.id, now));
  site.authors = SITEPOD_TRY(meta::list_authors(session, project.owner_id));
  site.media = SITEPOD_TRY(load_media(session, project.id));
  snapshot.environment = std::move(settings.environment);
  return snapshot;
}

}  // namespace sitepod::content
