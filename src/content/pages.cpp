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

// Texts are read for their hashes also where nobody asked for them, but only one stands in memory then.
Result<Pages::Listing> Pages::list(const meta::Project& project, meta::PageFilter filter, Texts texts) {
  filter.with_texts = true;
  return meta_.read([&](meta::Session& session) -> Result<Listing> {
    Listing listing;
    SITEPOD_TRY(meta::each_page(session, project.id, filter, [&](model::Page page) {
      const Digest hash = sha256(page.content);
      if (texts == Texts::No) std::string().swap(page.content);
      listing.pages.push_back({std::move(page), hash});
    }));
    listing.total = SITEPOD_TRY(meta::count_pages(session, project.id, filter.content_type));
    return listing;
  });
}

Result<std::vector<Pages::Listed>> Pages::find(const meta::Project& project, std::string_view slug,
                                               std::optional<model::ContentType> content_type,
                                               std::optional<std::string> section) {
  meta::PageFilter filter;
  filter.slug = std::string(slug);
  filter.content_type = content_type;
  Listing listing = SITEPOD_TRY(list(project, filter, Texts::Yes));
  if (section)
    std::erase_if(listing.pages,
                  [wanted = lower_cased(*section)](const Listed& each) { return each.page.section != wanted; });
  return std::move(listing.pages);
}

}  // namespace sitepod::content
