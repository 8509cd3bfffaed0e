#include "content/pages.hpp"

namespace sitepod::content {

Result<EraseOutcome> Pages::erase(const meta::Project& project, std::string_view slug,
                                  std::optional<model::ContentType> content_type, std::optional<std::string> section) {
  if (section) section = lower_cased(*section);
  return meta_.write([&](meta::Session& session) -> Result<EraseOutcome> {
    EraseOutcome outcome;
    SITEPOD_TRY(meta::each_page_key(session, project.id, [&](meta::PageKey key) {
      if (key.slug != slug || (content_type && key.content_type != *content_type)) return;
      if (section && key.section != *section) return;
      outcome.matches.push_back(std::move(key));
    }));
    if (outcome.matches.size() == 1) SITEPOD_TRY(meta::delete_page(session, outcome.matches.front().id));
    return outcome;
  });
}

Result<Pages::Listing> Pages::list(const meta::Project& project, const meta::PageFilter& filter) {
  return meta_.read([&](meta::Session& session) -> Result<Listing> {
    Listing listing;
    SITEPOD_TRY(
        meta::each_page(session, project.id, filter, [&](const model::Page& page) { listing.pages.push_back(page); }));
    listing.total = SITEPOD_TRY(meta::count_pages(session, project.id, filter.content_type));
    return listing;
  });
}

}  // namespace sitepod::content
