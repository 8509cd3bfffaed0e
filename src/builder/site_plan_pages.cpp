#include "builder/dates.hpp"
#include "builder/markdown/text.hpp"
#include "builder/site_plan.hpp"

namespace sitepod::builder {
namespace {

// A homepage that wants listings, and one that nobody wrote, end in recent posts and sections.
constexpr std::size_t kRecentPosts = 10;
constexpr std::size_t kSections = 60;
// Room for what most layouts put around a text, its sidebar and contents among them.
constexpr std::size_t kAroundText = 48'000;

void add_listings(const PlanContext& context, ListView& list) {
  const Outline& outline = context.outline;
  for (const PageNumber post : outline.posts) {
    if (list.entries.size() == kRecentPosts) break;
    list.entries.push_back(&context.composer.entry(post));
  }
  if (outline.posts.size() > kRecentPosts) list.more_url = "/blog/";
  list.groups_title = "Sections";
  for (const std::string& area : outline.areas) {
    if (area == "blog") continue;
    const PlacedSection& top = outline.sections.at(area);
    if (!top.pages.empty() || top.sections.size() < 2) list.groups.push_back(context.composer.card(top));
    if (area == "docs")
      for (const std::string& inner : top.sections)
        list.groups.push_back(context.composer.card(outline.sections.at(inner)));
  }
  list.groups.resize(std::min(list.groups.size(), kSections));
}

// The section that this page stands for.
const PlacedSection* section_at(const PlanContext& context, const PlacedPage& placed) {
  if (!placed.url.ends_with('/') || placed.url == "/") return nullptr;
  const auto at = context.outline.sections.find(placed.url.substr(1, placed.url.size() - 2));
  return at == context.outline.sections.end() ? nullptr : &at->second;
}

// The pages of a section below the page that stands for it.
void add_section_list(const PlanContext& context, const PlacedPage& placed, PageNumber number, ListView& list) {
  const PlacedSection* section = section_at(context, placed);
  if (section == nullptr) return;
  for (const PageNumber page : section->pages)
    if (page != number) list.entries.push_back(&context.composer.entry(page));
}

bool has_listings(const PlanContext& context, PageNumber number) {
  return context.outline.homepage == number && context.outline.pages[number].page->show_listings;
}

std::string markdown_twin(const model::Page& page) {
  std::string text;
  text.reserve(page.title.size() + page.content.size() + 8);
  text.append("# ").append(page.title).append("\n\n");
  // A text that begins with its title already gets no second one.
  if (page.content.starts_with(std::string_view(text).substr(0, text.size() - 1))) text.clear();
  text.append(page.content);
  if (!page.content.ends_with('\n')) text.push_back('\n');
  return text;
}

PlannedFile markdown_file(const PlanContext& context, PageNumber number) {
  const PlacedPage& placed = context.outline.pages[number];
  PlannedFile file;
  file.path = (placed.path == "/" ? "index" : placed.path.substr(1)) + ".md";
  file.draft = [&context, number] {
    const model::Page& page = *context.outline.pages[number].page;
    KeyHasher hasher;
    hasher.add("markdown twin");
    hasher.add(page.title);
    hasher.add(context.texts.facts(number).key);
    return Draft{hasher.finish(), [&page] { return markdown_twin(page); }};
  };
  return file;
}

PlannedFile page_file(const PlanContext& context, PageNumber number, std::string path) {
  const Template Theme::*layout = context.outline.homepage == number ? &Theme::home : &Theme::page;
  PlannedFile file;
  file.path = std::move(path);
  file.kind = FileKind::Page;
  file.draft = [&context, number, layout] {
    struct Parts {
      DocumentView document;
      PageView page;
      ListView list;
    };
    const PlacedPage& placed = context.outline.pages[number];
    auto parts = std::make_shared<Parts>();
    parts->document = context.composer.page_document(number);
    parts->page = context.composer.page_view(number);
    parts->page.html = SafeHtml::from_rendered_markdown("", context.texts.facts(number).key);
    if (has_listings(context, number)) add_listings(context, parts->list);
    add_section_list(context, placed, number, parts->list);
    parts->document.page = &parts->page;
    parts->document.list = &parts->list;
    KeyHasher hasher;
    hasher.add(context.theme.key);
    hasher.add(layout == &Theme::home ? "home" : "page");
    add_fields(shape_of<DocumentView>(), &parts->document, hasher);
    hasher.add(context.composer.key_of_completion(number));
    return Draft{hasher.finish(), [&context, number, layout, parts] {
                   context.composer.complete(number, parts->page);
                   std::string html = context.texts.take_html(number);
                   const std::size_t size = html.size();
                   parts->page.html = SafeHtml::from_rendered_markdown(std::move(html), parts->page.html.key());
                   std::string out;
                   out.reserve(size + kAroundText);
                   (context.theme.*layout).render(&parts->document, context.parts, out);
                   return out;
                 }};
  };
  return file;
}

}  // namespace

std::string locked_file(const model::Page& page) {
  return std::string(model::kLockedFolder) +
         sha256(page.password_hash + "\n" + page.id + "\n" +
                model::page_path(page.content_type, page.section, page.slug))
             .hex() +
         ".html";
}

PlannedFile document_file(const PlanContext& context, std::string path, const Template Theme::*layout,
                          std::function<void(DocumentView&, PageView&, ListView&)> compose) {
  PlannedFile file;
  file.path = std::move(path);
  file.draft = [&context, layout, compose = std::move(compose)] {
    struct Parts {
      DocumentView document;
      PageView page;
      ListView list;
    };
    auto parts = std::make_shared<Parts>();
    parts->document.site = &context.composer.site_view();
    compose(parts->document, parts->page, parts->list);
    if (!parts->page.title.empty()) parts->document.page = &parts->page;
    parts->document.list = &parts->list;
    KeyHasher hasher;
    hasher.add(context.theme.key);
    hasher.add(reinterpret_cast<std::uintptr_t>(&(context.theme.*layout)) -
               reinterpret_cast<std::uintptr_t>(&context.theme));
    add_fields(shape_of<DocumentView>(), &parts->document, hasher);
    return Draft{hasher.finish(), [&context, layout, parts] {
                   std::string out;
                   (context.theme.*layout).render(&parts->document, context.parts, out);
                   return out;
                 }};
  };
  return file;
}

void plan_pages(const PlanContext& context, Plan& plan) {
  for (PageNumber i = 0; i < context.outline.pages.size(); ++i) {
    const PlacedPage& placed = context.outline.pages[i];
    if (placed.is_locked) {
      PlannedFile form = document_file(context, placed.file, &Theme::locked,
                                       [&context, i](DocumentView& document, PageView& page, ListView&) {
                                         document = context.composer.locked_document(i);
                                         page = context.composer.locked_view(i);
                                       });
      form.kind = FileKind::Page;
      plan.push_back(std::move(form));
      plan.push_back(page_file(context, i, locked_file(*placed.page)));
    } else {
      plan.push_back(page_file(context, i, placed.file));
      plan.push_back(markdown_file(context, i));
    }
  }
}

bool shows_entries(const PlanContext& context, PageNumber page) {
  return has_listings(context, page) || section_at(context, context.outline.pages[page]) != nullptr;
}

void plan_home(const PlanContext& context, Plan& plan) {
  if (context.outline.homepage) return;
  plan.push_back(
      document_file(context, "index.html", &Theme::home, [&context](DocumentView& document, PageView&, ListView& list) {
        document = context.composer.list_document("", "/");
        document.head.description = context.site.settings.description;
        document.head.schema_type = "WebSite";
        add_listings(context, list);
      }));
}

}  // namespace sitepod::builder
