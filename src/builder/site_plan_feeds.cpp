#include "builder/absolute_links.hpp"
#include "builder/dates.hpp"
#include "builder/site_plan.hpp"

namespace sitepod::builder {
namespace {

constexpr std::size_t kFeedItems = 20;

struct FeedPlan {
  std::string title;
  std::string url;  // of the list, "/blog/"
  std::vector<PageNumber> pages;
  bool has_texts = false;
};

FeedView feed_view(const PlanContext& context, const FeedPlan& plan, const std::string& path) {
  FeedView feed;
  const SiteView& site = context.composer.site_view();
  feed.title = plan.title;
  feed.description = site.description.empty() ? site.title : site.description;
  feed.url = context.composer.absolute(plan.url);
  feed.feed_url = site.url + "/" + path;
  feed.language = site.language;
  model::Timestamp updated{};
  for (const PageNumber page : plan.pages) {
    const PlacedPage& placed = context.outline.pages[page];
    FeedItemView item;
    item.entry = &context.composer.entry(page);
    if (plan.has_texts) item.html = SafeHtml::from_rendered_markdown("", context.texts.facts(page).key);
    feed.items.push_back(std::move(item));
    updated = std::max({updated, placed.date, placed.page->updated_at});
  }
  feed.updated = {iso_date(updated), long_date(updated), rfc822_date(updated)};
  return feed;
}

PlannedFile feed_file(const PlanContext& context, const FeedPlan& plan, const std::string& path,
                      const Template Theme::*layout) {
  PlannedFile file;
  file.path = path;
  file.shows_texts = plan.has_texts;
  file.draft = [&context, plan, path, layout] {
    auto feed = std::make_shared<FeedView>(feed_view(context, plan, path));
    KeyHasher hasher;
    hasher.add(context.theme.key);
    hasher.add(path);
    add_fields(shape_of<FeedView>(), feed.get(), hasher);
    return Draft{hasher.finish(), [&context, plan, layout, feed] {
                   for (std::size_t i = 0; plan.has_texts && i < plan.pages.size(); ++i) {
                     const std::string page_url = context.composer.absolute(feed->items[i].entry->url);
                     feed->items[i].html = SafeHtml::from_rendered_markdown(
                         with_absolute_links(context.texts.render_html(plan.pages[i]), context.site.base_url, page_url),
                         {});
                   }
                   std::string out;
                   (context.theme.*layout).render(feed.get(), out);
                   return out;
                 }};
  };
  return file;
}

// Pages that everybody may read, newest first.
std::vector<PageNumber> newest_open_pages(const Outline& outline, const std::vector<PageNumber>& pages) {
  std::vector<PageNumber> open;
  for (const PageNumber page : pages)
    if (!outline.pages[page].is_locked && open.size() < kFeedItems) open.push_back(page);
  return open;
}

// The home page that nobody wrote is as new as the newest page.
EntryView made_home(const PlanContext& context, const SitemapView& sitemap) {
  EntryView home;
  home.absolute_url = context.composer.absolute("/");
  for (const EntryView* entry : sitemap.entries)
    if (home.updated.iso < entry->updated.iso) home.updated = entry->updated;
  home.key = key_of_fields(home);
  return home;
}

PlannedFile sitemap_file(const PlanContext& context) {
  PlannedFile file;
  file.path = "sitemap.xml";
  file.draft = [&context] {
    struct Parts {
      SitemapView view;
      EntryView home;
    };
    const auto parts = std::make_shared<Parts>();
    const std::shared_ptr<SitemapView> sitemap(parts, &parts->view);
    for (PageNumber i = 0; i < context.outline.pages.size(); ++i)
      if (!context.outline.pages[i].is_locked) sitemap->entries.push_back(&context.composer.entry(i));
    if (!context.outline.homepage) {
      parts->home = made_home(context, *sitemap);
      sitemap->entries.insert(sitemap->entries.begin(), &parts->home);
    }
    KeyHasher hasher;
    hasher.add(context.theme.key);
    add_fields(shape_of<SitemapView>(), sitemap.get(), hasher);
    return Draft{hasher.finish(), [&context, sitemap] {
                   std::string out;
                   context.theme.sitemap.render(sitemap.get(), out);
                   return out;
                 }};
  };
  return file;
}

}  // namespace

void plan_feeds_of_texts(const PlanContext& context, Plan& plan) {
  const FeedPlan all{context.composer.site_view().title, context.outline.posts.empty() ? "/" : "/blog/",
                     newest_open_pages(context.outline, context.outline.posts), true};
  plan.push_back(feed_file(context, all, "rss.xml", &Theme::rss));
  plan.push_back(feed_file(context, all, "atom.xml", &Theme::atom));
  plan.push_back(feed_file(context, all, "feed.json", &Theme::json_feed));
}

void plan_feeds(const PlanContext& context, Plan& plan) {
  plan_feeds_of_texts(context, plan);
  for (const PlacedTag& tag : context.outline.tags) {
    const FeedPlan feed{tag.title + " · " + context.composer.site_view().title, "/tags/" + tag.slug + "/",
                        newest_open_pages(context.outline, tag.pages), false};
    plan.push_back(feed_file(context, feed, "tags/" + tag.slug + "/rss.xml", &Theme::rss));
  }
  plan.push_back(sitemap_file(context));
}

}  // namespace sitepod::builder
