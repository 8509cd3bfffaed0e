#include "builder/composer.hpp"

#include <algorithm>

#include "builder/dates.hpp"
#include "builder/languages.hpp"

namespace sitepod::builder {
namespace {

using model::ContentType;
using model::Switch;

// Pages of a card before "12 pages" has to do.
constexpr std::size_t kCardLinks = 6;
constexpr std::size_t kWordsPerMinute = 220;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

DateView date_view(model::Timestamp time) { return {iso_date(time), long_date(time), rfc822_date(time)}; }

std::string reading_time(std::size_t words) {
  return std::to_string(std::max<std::size_t>(1, (words + kWordsPerMinute / 2) / kWordsPerMinute)) + " min read";
}

// Whether a page was changed on a later day than it was published: only then is that worth telling.
bool was_updated_later(const model::Page& page, model::Timestamp published) {
  return std::chrono::floor<std::chrono::days>(page.updated_at) > std::chrono::floor<std::chrono::days>(published);
}

std::string_view schema_type(const model::Page& page) {
  switch (page.content_type) {
    case ContentType::kBlog:
      return "BlogPosting";
    case ContentType::kDocs:
      return "TechArticle";
    case ContentType::kHomepage:
      return "WebSite";
    case ContentType::kStandalone:
      break;
  }
  return "WebPage";
}

std::string first_character(std::string_view text) {
  std::size_t end = text.empty() ? 0 : 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) ++end;
  return std::string(text.substr(0, end));
}

std::string count_of(std::size_t pages) { return std::to_string(pages) + (pages == 1 ? " page" : " pages"); }

}  // namespace

Composer::Composer(const Site& site, const Outline& outline, const Texts& texts, const Theme& theme)
    : site_(site), outline_(outline), texts_(texts), theme_(theme) {}

void Composer::make() {
  site_look_ = resolve_site_look(site_.settings.look);
  looks_.reserve(outline_.pages.size());
  for (const PlacedPage& placed : outline_.pages) looks_.push_back(resolve_look(*placed.page, site_.settings.look));
  position_.resize(outline_.pages.size());
  for (const auto& [id, section] : outline_.sections)
    for (std::size_t i = 0; i < section.pages.size(); ++i) position_[section.pages[i]] = static_cast<std::uint32_t>(i);
  make_site_view();
  make_styles();
  entries_.resize(outline_.pages.size());
  make_sidebars();
  if (site_.social_images) make_site_image();
}

void Composer::make_entry_of(PageNumber page) {
  entries_[page] = make_entry(page);
  if (site_.social_images) make_page_image(page);
}

void Composer::renew(PageNumber page) {
  looks_[page] = resolve_look(*outline_.pages[page].page, site_.settings.look);
  make_entry_of(page);
}

std::string Composer::absolute(std::string_view url) const {
  return url.starts_with('/') ? site_.base_url + std::string(url) : std::string(url);
}

LinkView Composer::link_to(PageNumber number) const {
  const PlacedPage& placed = outline_.pages[number];
  LinkView link{placed.page->title, placed.url, "", ""};
  const std::string& endpoint = placed.page->api_endpoint;
  link.method = upper(std::string_view(endpoint).substr(0, endpoint.find(' ')));
  link.method_class = lower(link.method);
  return link;
}

std::string Composer::summary_of(PageNumber number) const {
  const PlacedPage& placed = outline_.pages[number];
  if (placed.is_locked) return "";
  return placed.page->description.empty() ? texts_.facts(number).excerpt : placed.page->description;
}

TagView Composer::tag_view(const PlacedTag& tag) const {
  return {tag.title, "/tags/" + tag.slug + "/", std::to_string(tag.pages.size())};
}

AuthorView Composer::author_view(const PlacedAuthor& placed) const {
  const model::Author& author = *placed.author;
  return {author.name, "/authors/" + placed.slug + "/", author.bio, author.avatar_url, first_character(author.name)};
}

EntryView Composer::make_entry(PageNumber number) const {
  const PlacedPage& placed = outline_.pages[number];
  const model::Page& page = *placed.page;
  EntryView entry;
  entry.title = page.title;
  entry.url = placed.url;
  entry.absolute_url = absolute(placed.url);
  entry.summary = summary_of(number);
  entry.link = link_to(number);
  entry.date = date_view(placed.date);
  entry.is_locked = placed.is_locked;
  entry.has_date = looks_[number].shows(Switch::kShowDates);
  // Where nothing shows it, it would only make lists look new with every text.
  if (entry.has_date || page.content_type == ContentType::kBlog || !page.tags.empty())
    entry.updated = date_view(std::max(placed.date, page.updated_at));
  if (looks_[number].shows(Switch::kShowReadingTime) && !placed.is_locked)
    entry.reading_time = reading_time(texts_.facts(number).words);
  if (placed.section.find('/') != std::string::npos) entry.section = outline_.sections.at(placed.section).title;
  if (placed.author != nullptr && looks_[number].shows(Switch::kShowAuthor)) {
    entry.has_author = true;
    entry.author = author_view(*outline_.find_author(placed.author));
  }
  for (const std::string& tag : page.tags)
    if (const PlacedTag* found = outline_.find_tag(tag)) entry.tags.push_back(tag_view(*found));
  for (TagView& tag : entry.tags) tag.count.clear();
  entry.key = key_of_fields(entry);
  return entry;
}

HeadView Composer::make_head(std::string_view title, std::string_view url, const ResolvedLook& look) const {
  HeadView head;
  head.title =
      title == site_view_.title || title.empty() ? site_view_.title : std::string(title) + " · " + site_view_.title;
  head.og_title = title.empty() ? site_view_.title : std::string(title);
  head.og_type = "website";
  head.canonical = url.empty() ? "" : absolute(url);
  head.language = site_view_.language;
  head.direction = is_right_to_left(head.language) ? "rtl" : "ltr";
  head.font_size = look.font_size;
  if (!look.primary_color.empty()) head.look_css = look_url(look.primary_color);
  set_social_image(head, site_image_);
  return head;
}

void Composer::add_section_crumbs(const std::string& section, std::vector<CrumbView>& crumbs) const {
  for (std::size_t end = section.find('/');; end = section.find('/', end + 1)) {
    const std::string id = section.substr(0, end);
    if (id.empty()) return;
    const PlacedSection& found = outline_.sections.at(id);
    crumbs.push_back({found.id == "docs" ? "Docs" : found.title, found.url});
    if (end == std::string::npos) return;
  }
}

DocumentView Composer::page_document(PageNumber number) const {
  const PlacedPage& placed = outline_.pages[number];
  const model::Page& page = *placed.page;
  const ResolvedLook& look = looks_[number];
  DocumentView document;
  document.site = &site_view_;
  document.head = make_head(page.title, placed.url, look);
  HeadView& head = document.head;
  head.description = summary_of(number);
  if (is_language(page.language)) head.language = page.language;
  head.direction = is_right_to_left(head.language) ? "rtl" : "ltr";
  head.og_type = page.content_type == ContentType::kBlog ? "article" : "website";
  if (!page_images_.empty()) set_social_image(head, page_images_[number]);
  if (!page.og_image_url.empty()) {
    head.og_image = absolute(page.og_image_url);
    head.has_social_image = false;
  }
  head.schema_type = placed.is_locked ? "" : schema_type(page);
  if (page.content_type == ContentType::kBlog && !placed.is_locked) {
    head.published = iso_date(placed.date);
    head.modified = iso_date(std::max(placed.date, page.updated_at));
  }
  head.noindex = placed.is_locked;
  if (!placed.is_locked) head.markdown_url = placed.path == "/" ? "/index.md" : placed.path + ".md";
  if (texts_.facts(number).has_code) head.code_css = code_url(look);
  head.has_math = texts_.facts(number).has_math;
  head.has_diagrams = texts_.facts(number).has_diagram;
  document.here = {placed.url, std::string(outline_.area_of(placed)), placed.section};
  if (look.shows(Switch::kShowBreadcrumbs)) {
    document.crumbs.push_back({"Home", "/"});
    if (!placed.section.empty()) add_section_crumbs(placed.section, document.crumbs);
    // A page that stands for its section is not inside it.
    if (placed.url.ends_with('/') && document.crumbs.size() > 1 && document.crumbs.back().url == placed.url)
      document.crumbs.pop_back();
    document.crumbs.push_back({page.title, ""});
  }
  document.sidebar = sidebar_for(placed.section, number);
  return document;
}

PageView Composer::page_view(PageNumber number) const {
  const PlacedPage& placed = outline_.pages[number];
  const model::Page& page = *placed.page;
  const ResolvedLook& look = looks_[number];
  PageView view;
  view.title = page.title;
  view.url = placed.url;
  view.description = page.description;
  view.is_blog = page.content_type == ContentType::kBlog;
  view.is_docs = page.content_type == ContentType::kDocs;
  const std::size_t space = page.api_endpoint.find(' ');
  view.endpoint_method = upper(std::string_view(page.api_endpoint).substr(0, space));
  view.endpoint_method_class = lower(view.endpoint_method);
  if (space != std::string::npos) view.endpoint_path = page.api_endpoint.substr(space + 1);
  add_byline(number, look, view);
  add_surroundings(number, look, view);
  return view;
}

void Composer::complete(PageNumber number, PageView& view) const {
  const ResolvedLook& look = looks_[number];
  if (look.shows(Switch::kShowToc)) view.toc = make_toc(number);
  if (look.shows(Switch::kShowSocialShare) && !outline_.pages[number].is_locked) view.share = share_links(number);
}

std::uint64_t Composer::key_of_completion(PageNumber number) const {
  const ResolvedLook& look = looks_[number];
  return (look.shows(Switch::kShowToc) ? 1U : 0U) | (look.shows(Switch::kShowSocialShare) ? 2U : 0U);
}

void Composer::add_byline(PageNumber number, const ResolvedLook& look, PageView& view) const {
  const PlacedPage& placed = outline_.pages[number];
  if (look.shows(Switch::kShowDates)) {
    view.has_date = true;
    view.date = date_view(placed.date);
    view.has_updated = was_updated_later(*placed.page, placed.date);
    if (view.has_updated) view.updated = date_view(placed.page->updated_at);
  }
  if (look.shows(Switch::kShowAuthor) && placed.author != nullptr) {
    view.has_author = true;
    view.author = author_view(*outline_.find_author(placed.author));
  }
  if (look.shows(Switch::kShowReadingTime)) view.reading_time = reading_time(texts_.facts(number).words);
  view.has_meta = view.has_date || view.has_author || !view.reading_time.empty();
}

void Composer::add_surroundings(PageNumber number, const ResolvedLook& look, PageView& view) const {
  const PlacedPage& placed = outline_.pages[number];
  if (look.shows(Switch::kShowTags)) {
    view.tags = entries_[number].tags;
  }
  if (look.shows(Switch::kShowNextPrev)) {
    view.has_previous = placed.previous.has_value();
    view.has_next = placed.next.has_value();
    if (view.has_previous) view.previous = link_to(*placed.previous);
    if (view.has_next) view.next = link_to(*placed.next);
  }
  if (look.shows(Switch::kShowCopyMarkdown) && !placed.is_locked)
    view.markdown_url = placed.path == "/" ? "/index.md" : placed.path + ".md";
  view.has_newsletter = look.shows(Switch::kShowNewsletterCta) && !site_.settings.newsletter_action.empty();
  if (look.shows(Switch::kShowComments)) view.comments_url = site_.settings.comments_html_url;
  const std::pair<Switch, std::string_view> kGalleries[] = {{Switch::kFullWidthGallery, "gallery-full"},
                                                            {Switch::kMasonryGallery, "gallery-masonry"}};
  for (const auto& [which, name] : kGalleries)
    if (look.shows(which)) view.gallery_class.append(view.gallery_class.empty() ? "" : " ").append(name);
}

// Headings of the second level with those of the third below them. One heading needs no table.
std::vector<TocEntryView> Composer::make_toc(PageNumber number) const {
  std::vector<TocEntryView> toc;
  std::size_t count = 0;
  for (const Heading& heading : texts_.facts(number).headings) {
    if (heading.level == 2) toc.push_back({heading.id, heading.text, {}});
    if (heading.level == 3 && !toc.empty()) toc.back().children.push_back({heading.id, heading.text, {}});
    count += heading.level == 2 || heading.level == 3 ? 1 : 0;
  }
  if (count < 2) toc.clear();
  return toc;
}

std::vector<LinkView> Composer::share_links(PageNumber number) const {
  const EntryView& entry = entries_[number];
  std::string url;
  std::string title;
  encode_url_part(entry.absolute_url, Slashes::kEncode, url);
  encode_url_part(entry.title, Slashes::kEncode, title);
  return {{"Bluesky", "https://bsky.app/intent/compose?text=" + title + "%20" + url, "", ""},
          {"Mastodon", "https://mastodonshare.com/?text=" + title + "&url=" + url, "", ""},
          {"LinkedIn", "https://www.linkedin.com/sharing/share-offsite/?url=" + url, "", ""},
          {"Hacker News", "https://news.ycombinator.com/submitlink?u=" + url + "&t=" + title, "", ""},
          {"E-mail", "mailto:?subject=" + title + "&body=" + url, "", ""}};
}

PageView Composer::locked_view(PageNumber number) const {
  PageView view;
  view.title = outline_.pages[number].page->title;
  view.url = outline_.pages[number].url;
  return view;
}

DocumentView Composer::locked_document(PageNumber number) const {
  DocumentView document = page_document(number);
  document.head.code_css.clear();
  document.head.has_math = document.head.has_diagrams = false;
  document.sidebar = nullptr;
  return document;
}

DocumentView Composer::list_document(const std::string& title, const std::string& path) const {
  DocumentView document;
  document.site = &site_view_;
  document.head = make_head(title, path, site_look_);
  document.head.description = title;
  document.here = {path, path.size() > 1 ? path.substr(1, path.find('/', 1) - 1) : "", ""};
  return document;
}

std::size_t Composer::count_pages(const PlacedSection& section) const {
  std::size_t count = section.pages.size();
  for (const std::string& inner : section.sections) count += count_pages(outline_.sections.at(inner));
  return count;
}

GroupView Composer::card(const PlacedSection& section) const {
  GroupView group;
  group.id = section.id;
  group.title = section.title;
  group.url = section.url;
  group.summary = count_of(count_pages(section));
  for (const PageNumber page : section.pages) {
    if (group.links.size() == kCardLinks) break;
    group.links.push_back(link_to(page));
  }
  group.has_more = section.pages.size() > group.links.size();
  return group;
}

}  // namespace sitepod::builder
