#include <algorithm>

#include "builder/site_plan.hpp"

namespace sitepod::builder {
namespace {

constexpr std::size_t kPostsAtOnce = 20;
constexpr std::size_t kPagesAtOnce = 100;

// "/blog/" and "/blog/page/2/". A section of the blog may be called "page"; then "/blog/_page/2/".
std::string address_of(const std::string& base, std::string_view word, std::size_t number) {
  return number == 1 ? base : base + std::string(word) + "/" + std::to_string(number) + "/";
}

struct ListPlan {
  std::string title;
  std::string url;
  std::string intro;
  std::vector<PageNumber> pages;
  std::size_t at_once = kPostsAtOnce;
  std::string section;  // for crumbs and sidebar
  std::string feed_url;
  std::string_view page_word = "page";
  std::function<void(DocumentView&, ListView&)> adorn;  // may be empty
};

void fill_list(const PlanContext& context, const ListPlan& plan, std::size_t number, std::size_t count,
               DocumentView& document, ListView& list) {
  const std::string url = address_of(plan.url, plan.page_word, number);
  document = context.composer.list_document(plan.title, url);
  if (!plan.intro.empty()) document.head.description = plan.intro;
  if (number > 1)
    document.head.title = plan.title + ", page " + std::to_string(number) + " · " + context.composer.site_view().title;
  document.head.feed_url = plan.feed_url;
  document.head.feed_title = plan.title;
  document.crumbs.push_back({"Home", "/"});
  if (!plan.section.empty()) context.composer.add_section_crumbs(plan.section, document.crumbs);
  if (plan.section.empty() && plan.url.starts_with("/tags/")) document.crumbs.push_back({"Tags", "/tags/"});
  if (plan.section.empty() && plan.url.starts_with("/authors/")) document.crumbs.push_back({"Authors", "/authors/"});
  if (plan.section.empty()) document.crumbs.push_back({plan.title, ""});
  if (!plan.section.empty()) {
    document.crumbs.back().url.clear();
    document.here.group = plan.section;
    document.sidebar = context.composer.sidebar_of_list(plan.section);
  }
  list.title = plan.title;
  list.intro = plan.intro;
  list.feed_url = plan.feed_url;
  const std::size_t begin = (number - 1) * plan.at_once;
  for (std::size_t i = begin; i < plan.pages.size() && i < begin + plan.at_once; ++i)
    list.entries.push_back(&context.composer.entry(plan.pages[i]));
  if (count > 1) list.position = "Page " + std::to_string(number) + " of " + std::to_string(count);
  if (number > 1) list.newer_url = address_of(plan.url, plan.page_word, number - 1);
  if (number < count) list.older_url = address_of(plan.url, plan.page_word, number + 1);
  if (plan.adorn && number == 1) plan.adorn(document, list);
}

void add_list(const PlanContext& context, ListPlan list, Plan& plan) {
  const std::size_t count = std::max<std::size_t>(1, (list.pages.size() + list.at_once - 1) / list.at_once);
  const auto shared = std::make_shared<const ListPlan>(std::move(list));
  for (std::size_t number = 1; number <= count; ++number) {
    const std::string url = address_of(shared->url, shared->page_word, number);
    plan.push_back(document_file(context, url.substr(1) + "index.html", &Theme::list,
                                 [&context, shared, number, count](DocumentView& document, PageView&, ListView& view) {
                                   fill_list(context, *shared, number, count, document, view);
                                 }));
  }
}

void plan_blog(const PlanContext& context, Plan& plan) {
  ListPlan list;
  list.title = "Blog";
  list.url = "/blog/";
  list.section = "blog";
  list.pages = context.outline.posts;
  if (context.outline.sections.contains("blog/page")) list.page_word = "_page";
  add_list(context, std::move(list), plan);
}

void plan_section(const PlanContext& context, const PlacedSection& section, Plan& plan) {
  if (section.landing) return;
  ListPlan list;
  list.title = section.title;
  list.url = section.url;
  list.section = section.id;
  list.pages = section.pages;
  list.at_once = section.id.starts_with("blog/") ? kPostsAtOnce : kPagesAtOnce;
  // Neither a slug nor a section inside can hold an underscore.
  list.page_word = "_page";
  list.adorn = [&context, &section](DocumentView&, ListView& view) {
    view.groups_title = "Sections";
    for (const std::string& inner : section.sections)
      view.groups.push_back(context.composer.card(context.outline.sections.at(inner)));
  };
  add_list(context, std::move(list), plan);
}

void plan_tags(const PlanContext& context, Plan& plan) {
  plan.push_back(document_file(context, "tags/index.html", &Theme::tags,
                               [&context](DocumentView& document, PageView&, ListView& list) {
                                 document = context.composer.list_document("Tags", "/tags/");
                                 document.crumbs = {{"Home", "/"}, {"Tags", ""}};
                                 list.title = "Tags";
                                 for (const PlacedTag& tag : context.outline.tags)
                                   list.tags.push_back(context.composer.tag_view(tag));
                               }));
  for (const PlacedTag& tag : context.outline.tags) {
    ListPlan list;
    list.title = tag.title;
    list.url = "/tags/" + tag.slug + "/";
    list.pages = tag.pages;
    list.feed_url = list.url + "rss.xml";
    add_list(context, std::move(list), plan);
  }
}

void plan_authors(const PlanContext& context, Plan& plan) {
  if (context.outline.authors.empty()) return;
  plan.push_back(document_file(context, "authors/index.html", &Theme::authors,
                               [&context](DocumentView& document, PageView&, ListView& list) {
                                 document = context.composer.list_document("Authors", "/authors/");
                                 document.crumbs = {{"Home", "/"}, {"Authors", ""}};
                                 list.title = "Authors";
                                 for (const PlacedAuthor& author : context.outline.authors)
                                   list.authors.push_back(context.composer.author_view(author));
                               }));
  for (const PlacedAuthor& author : context.outline.authors) {
    ListPlan list;
    list.title = author.author->name;
    list.url = "/authors/" + author.slug + "/";
    list.intro = author.author->bio;
    list.pages = author.pages;
    list.adorn = [&context, &author](DocumentView&, ListView& view) {
      view.has_author = true;
      view.author = context.composer.author_view(author);
    };
    add_list(context, std::move(list), plan);
  }
}

}  // namespace

void plan_lists(const PlanContext& context, Plan& plan) {
  for (const auto& [id, section] : context.outline.sections) {
    if (id != "blog") plan_section(context, section, plan);
    if (id == "blog" && !section.landing) plan_blog(context, plan);
  }
  plan_tags(context, plan);
  plan_authors(context, plan);
  plan.push_back(
      document_file(context, "404.html", &Theme::not_found, [&context](DocumentView& document, PageView&, ListView&) {
        document = context.composer.list_document("Page not found", "/404");
        document.head.canonical.clear();
        document.head.noindex = true;
      }));
  plan.push_back(document_file(context, "search/index.html", &Theme::search,
                               [&context](DocumentView& document, PageView&, ListView&) {
                                 document = context.composer.list_document("Search", "/search/");
                               }));
}

}  // namespace sitepod::builder
