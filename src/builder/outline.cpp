#include "builder/outline.hpp"

#include <algorithm>
#include <set>

namespace sitepod::builder {
namespace {

using model::ContentType;
using model::Page;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Bytewise, letters of ASCII regardless of case: the same in every locale.
int compare_titles(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shorter; ++i) {
    const auto x = static_cast<unsigned char>(lower(a[i]));
    const auto y = static_cast<unsigned char>(lower(b[i]));
    if (x != y) return x < y ? -1 : 1;
  }
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

std::string section_id(const Page& page) {
  const std::string area = page.content_type == ContentType::kDocs   ? "docs"
                           : page.content_type == ContentType::kBlog ? "blog"
                                                                     : "";
  if (area.empty() || page.section.empty()) return area.empty() ? page.section : area;
  return area + "/" + page.section;
}

// Letters, digits and hyphens of any text, for addresses.
std::string slugified(std::string_view text) {
  std::string slug;
  for (const char c : text) {
    const char l = lower(c);
    const bool keep = (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9');
    if (keep)
      slug.push_back(l);
    else if (!slug.empty() && slug.back() != '-')
      slug.push_back('-');
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

// A tag's place in addresses: spaces as hyphens. Only what the API lets through is kept.
std::string tag_slug(std::string_view tag) {
  std::string slug;
  for (const char c : tag) {
    const char l = lower(c);
    if ((l >= 'a' && l <= 'z') || (l >= '0' && l <= '9') || l == '-') slug.push_back(l);
    if (l == ' ') slug.push_back('-');
  }
  return slug;
}

class Planner {
 public:
  explicit Planner(const Site& site) : site_(site) {
    for (const auto& [name, title] : site_.settings.section_names) section_names_.emplace(name, title);
  }

  Result<Outline> plan() {
    SITEPOD_TRY(place_pages());
    make_sections();
    order_sections();
    settle_landings();
    link_neighbours();
    collect_tags();
    collect_authors();
    return std::move(made_);
  }

 private:
  Result<void> place_pages() {
    std::unordered_map<std::string_view, const model::Author*> authors;
    for (const model::Author& author : site_.authors) authors.emplace(author.id, &author);
    made_.pages.reserve(site_.pages.size());
    for (const SharedPage& shared : site_.pages) {
      const Page& page = *shared;
      PlacedPage& placed = made_.pages.emplace_back();
      placed.page = &page;
      placed.path = model::page_path(page.content_type, page.section, page.slug);
      placed.section = section_id(page);
      placed.date = page.published_at.value_or(page.created_at);
      placed.is_locked = !page.password_hash.empty();
      if (const auto author = authors.find(page.author_id); !page.author_id.empty() && author != authors.end())
        placed.author = author->second;
    }
    auto& pages = made_.pages;
    std::sort(pages.begin(), pages.end(), [](const PlacedPage& a, const PlacedPage& b) { return a.path < b.path; });
    for (std::size_t i = 1; i < pages.size(); ++i)
      if (pages[i].path == pages[i - 1].path)
        return invalid("invalid_site", "Two pages have the address " + pages[i].path + ": change the slug of one.");
    for (PageNumber i = 0; i < pages.size(); ++i) made_.by_path.emplace(pages[i].path, i);
    return {};
  }

  PlacedSection& section(const std::string& id) {
    const auto [at, is_new] = made_.sections.try_emplace(id);
    PlacedSection& found = at->second;
    if (!is_new) return found;
    found.id = id;
    found.url = "/" + id + "/";
    found.title = section_title(id);
    if (const auto slash = id.rfind('/'); slash != std::string::npos)
      section(id.substr(0, slash)).sections.push_back(id);
    else
      made_.areas.push_back(id);
    return found;
  }

  // Display names are kept by the section as the author writes it: without "docs/" and "blog/".
  std::string section_title(const std::string& id) const {
    if (id == "docs") return "Documentation";
    if (id == "blog") return "Blog";
    std::string_view written = id;
    for (std::string_view area : {"docs/", "blog/"})
      if (written.starts_with(area)) written.remove_prefix(area.size());
    if (const auto known = section_names_.find(written); known != section_names_.end())
      return std::string(known->second);
    return titleized(written.substr(written.rfind('/') + 1));
  }

  void make_sections() {
    for (PageNumber i = 0; i < made_.pages.size(); ++i) {
      const PlacedPage& placed = made_.pages[i];
      if (placed.page->content_type == ContentType::kHomepage)
        made_.homepage = i;
      else if (placed.section.empty())
        made_.root_pages.push_back(i);
      else
        section(placed.section).pages.push_back(i);
      if (placed.page->content_type == ContentType::kBlog) made_.posts.push_back(i);
    }
  }

  bool is_before_in_docs(PageNumber a, PageNumber b) const {
    const Page& x = *made_.pages[a].page;
    const Page& y = *made_.pages[b].page;
    if (x.order.has_value() != y.order.has_value()) return x.order.has_value();
    if (x.order != y.order) return *x.order < *y.order;
    if (const int titles = compare_titles(x.title, y.title); titles != 0) return titles < 0;
    return made_.pages[a].path < made_.pages[b].path;
  }

  bool is_newer(PageNumber a, PageNumber b) const {
    const PlacedPage& x = made_.pages[a];
    const PlacedPage& y = made_.pages[b];
    return x.date != y.date ? x.date > y.date : x.path < y.path;
  }

  void sort_pages(std::vector<PageNumber>& pages, bool newest_first) const {
    std::sort(pages.begin(), pages.end(),
              [&](PageNumber a, PageNumber b) { return newest_first ? is_newer(a, b) : is_before_in_docs(a, b); });
  }

  // Sections whose first page has an order come first, by it; the others by title.
  void sort_sections(std::vector<std::string>& ids) const {
    const auto order_of = [&](const PlacedSection& s) -> std::optional<std::int64_t> {
      return s.pages.empty() ? std::nullopt : made_.pages[s.pages.front()].page->order;
    };
    std::sort(ids.begin(), ids.end(), [&](const std::string& a, const std::string& b) {
      const PlacedSection& x = made_.sections.at(a);
      const PlacedSection& y = made_.sections.at(b);
      const auto x_order = order_of(x);
      const auto y_order = order_of(y);
      if (x_order.has_value() != y_order.has_value()) return x_order.has_value();
      if (x_order != y_order) return *x_order < *y_order;
      if (const int titles = compare_titles(x.title, y.title); titles != 0) return titles < 0;
      return a < b;
    });
  }

  void order_sections() {
    for (auto& [id, found] : made_.sections) sort_pages(found.pages, id == "blog" || id.starts_with("blog/"));
    for (auto& [id, found] : made_.sections) sort_sections(found.sections);
    sort_pages(made_.posts, true);
    sort_pages(made_.root_pages, false);
    sort_sections(made_.areas);
    for (const std::string_view first : {"blog", "docs"}) {
      const auto at = std::find(made_.areas.begin(), made_.areas.end(), first);
      if (at != made_.areas.end()) std::rotate(made_.areas.begin(), at, at + 1);
    }
  }

  // A page at a section's own address ("/docs/api" or "/docs/api/index") stands in place of its generated landing page.
  void settle_landings() {
    for (PageNumber i = 0; i < made_.pages.size(); ++i) {
      PlacedPage& placed = made_.pages[i];
      const std::string inner = placed.path.substr(1);
      placed.url = placed.path;
      placed.file = inner.empty() ? "index.html" : inner + ".html";
      std::string stands_for = inner;
      if (stands_for.ends_with("/index")) stands_for.resize(stands_for.size() - 6);
      const auto at = made_.sections.find(stands_for);
      if (at == made_.sections.end()) continue;
      if (at->second.landing) {
        // Both "/docs/api" and "/docs/api/index" are pages: the second moves into a folder of its own.
        placed.file = inner + "/index.html";
        placed.url = placed.path + "/";
        continue;
      }
      at->second.landing = i;
      placed.file = stands_for + "/index.html";
      if (stands_for == inner) placed.url = placed.path + "/";
    }
  }

  void link_neighbours() {
    for (const auto& [id, found] : made_.sections)
      for (std::size_t i = 1; i < found.pages.size(); ++i) {
        made_.pages[found.pages[i]].previous = found.pages[i - 1];
        made_.pages[found.pages[i - 1]].next = found.pages[i];
      }
  }

  void collect_tags() {
    std::map<std::string, PlacedTag> tags;
    for (PageNumber i = 0; i < made_.pages.size(); ++i)
      for (const std::string& tag : made_.pages[i].page->tags) {
        const std::string slug = tag_slug(tag);
        if (slug.empty()) continue;
        PlacedTag& found = tags[slug];
        found.slug = slug;
        if (found.title.empty() || tag < found.title) found.title = tag;
        if (found.pages.empty() || found.pages.back() != i) found.pages.push_back(i);
      }
    for (const auto& [name, title] : site_.settings.tag_names)
      if (const auto named = tags.find(tag_slug(name)); named != tags.end()) named->second.title = title;
    for (auto& [slug, tag] : tags) {
      sort_pages(tag.pages, true);
      made_.tags.push_back(std::move(tag));
    }
  }

  void collect_authors() {
    std::vector<const model::Author*> authors;
    for (const model::Author& author : site_.authors) authors.push_back(&author);
    std::sort(authors.begin(), authors.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
    std::set<std::string> taken;
    for (const model::Author* author : authors) {
      std::string slug = slugified(author->slug.empty() ? author->name : author->slug);
      if (slug.empty()) slug = "author";
      std::string unique = slug;
      for (int i = 2; !taken.insert(unique).second; ++i) unique = slug + "-" + std::to_string(i);
      made_.authors.push_back({author, unique, {}});
    }
    for (PageNumber i = 0; i < made_.pages.size(); ++i)
      if (made_.pages[i].author != nullptr && made_.pages[i].page->content_type != ContentType::kHomepage)
        for (PlacedAuthor& placed : made_.authors)
          if (placed.author == made_.pages[i].author) placed.pages.push_back(i);
    for (PlacedAuthor& placed : made_.authors) sort_pages(placed.pages, true);
    std::stable_sort(made_.authors.begin(), made_.authors.end(), [](const PlacedAuthor& a, const PlacedAuthor& b) {
      return compare_titles(a.author->name, b.author->name) < 0;
    });
  }

  const Site& site_;
  std::unordered_map<std::string_view, std::string_view> section_names_;  // as written → as shown
  Outline made_;
};

}  // namespace

std::string titleized(std::string_view slug) {
  std::string title;
  bool begins_word = true;
  for (const char c : slug) {
    title.push_back(c == '-' ? ' ' : begins_word && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    begins_word = c == '-';
  }
  return title;
}

const PlacedTag* Outline::find_tag(std::string_view tag) const {
  const std::string slug = tag_slug(tag);
  const auto at =
      std::lower_bound(tags.begin(), tags.end(), slug,
                       [](const PlacedTag& placed, const std::string& wanted) { return placed.slug < wanted; });
  return at != tags.end() && at->slug == slug ? &*at : nullptr;
}

const PlacedAuthor* Outline::find_author(const model::Author* author) const {
  for (const PlacedAuthor& placed : authors)
    if (placed.author == author) return &placed;
  return nullptr;
}

Result<Outline> make_outline(const Site& site) { return Planner(site).plan(); }

}  // namespace sitepod::builder
