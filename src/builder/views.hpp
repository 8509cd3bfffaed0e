// What templates see: plain values made ready for showing. These names and meanings are the contract of themes
// (themes/README.md); views.cpp gives them their names there. Values; any thread. Text is raw: templates escape it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "builder/cache_key.hpp"
#include "builder/escape.hpp"
#include "builder/shape.hpp"

namespace sitepod::builder {

struct LinkView {
  std::string title;
  std::string url;
  std::string method;        // "GET": an API page; empty otherwise
  std::string method_class;  // "get"
};

struct GroupView {
  std::string id;  // of the section: "docs/api"
  std::string title;
  std::string url;      // of its landing page
  std::string summary;  // "12 pages"
  std::vector<LinkView> links;
  bool has_more = false;  // the rest stands on the landing page
};

// The tree beside docs and standalone sections. Shared by the pages that show the same part of it.
struct SidebarView {
  std::string title;
  std::string url;
  std::vector<LinkView> links;
  std::vector<const GroupView*> groups;
  bool has_more = false;         // pages than those of `links`
  bool has_more_groups = false;  // sections than those of `groups`
  CacheKey key;
};

struct NavigationItemView {
  std::string title;
  std::string url;
  std::string area;  // "docs", "blog", the first segment of a section: compare with here.area
};

struct AssetsView {
  std::string css;
  std::string js;
  std::string early_js;  // sets the colour scheme before anything is painted
  std::string search_js;
  std::string math_js;  // draws formulas by KaTeX; on pages that have some
  std::string katex_js;
  std::string katex_css;
  std::string diagrams_js;  // draws diagrams by mermaid, which it loads itself
  std::string mermaid_js;
  std::string icon;
};

// The same on every page.
struct SiteView {
  std::string title;
  std::string description;
  std::string url;  // without a final slash
  std::string language;
  std::string logo_url;
  std::string newsletter_action;
  std::string security_policy;  // empty: the owner allowed HTML of his own
  std::string diagram_policy;   // of pages with diagrams: mermaid styles them by style sheets inside of them
  std::vector<NavigationItemView> navigation;
  std::vector<NavigationItemView> footer;
  AssetsView assets;
  bool has_blog = false;
  CacheKey key;
};

struct TagView {
  std::string title;
  std::string url;
  std::string count;
};

struct AuthorView {
  std::string name;
  std::string url;
  std::string bio;
  std::string avatar_url;
  std::string initial;
};

struct DateView {
  std::string iso;   // 2024-01-15T10:30:00Z
  std::string text;  // 15 January 2024
  std::string rfc822;
};

struct TocEntryView {
  std::string id;
  std::string text;
  std::vector<TocEntryView> children;
};

// A page as others show it: in lists, feeds and beside its neighbours.
struct EntryView {
  std::string title;
  std::string url;
  std::string absolute_url;
  std::string summary;
  std::string reading_time;
  std::string section;  // display name
  LinkView link;
  DateView date;
  DateView updated;  // empty where neither the page nor a feed shows dates
  AuthorView author;
  std::vector<TagView> tags;
  bool has_date = false;
  bool has_author = false;
  bool is_locked = false;
  CacheKey key;
};

struct FeedItemView {
  const EntryView* entry = nullptr;
  SafeHtml html;  // with absolute addresses; empty: only the summary
};

struct CrumbView {
  std::string title;
  std::string url;  // empty: the page itself
};

struct HeadView {
  std::string title;  // for <title>
  std::string description;
  std::string canonical;
  std::string language;
  std::string direction;  // ltr or rtl
  std::string og_type;
  std::string og_title;
  std::string og_image;
  std::string published;
  std::string modified;
  std::string markdown_url;
  std::string feed_url;  // a feed of just this list; empty: only the site's
  std::string feed_title;
  std::string look_css;  // colours of its own; empty: the theme's
  std::string code_css;  // empty: no code on the page
  std::string font_size;
  std::string schema_type;  // of schema.org: "BlogPosting"; empty: none
  bool noindex = false;
  bool has_social_image = false;  // og_image is one that the builder announces, 1200 × 630 pixels
  bool has_math = false;
  bool has_diagrams = false;
};

struct PageView {
  std::string title;
  std::string url;
  SafeHtml html;
  std::string description;
  DateView date;
  DateView updated;
  AuthorView author;
  std::string reading_time;
  std::vector<TagView> tags;
  std::vector<TocEntryView> toc;
  std::string endpoint_method;
  std::string endpoint_method_class;
  std::string endpoint_path;
  std::string markdown_url;
  std::string gallery_class;
  std::string comments_url;
  std::vector<LinkView> share;
  LinkView previous;
  LinkView next;
  bool has_date = false;
  bool has_updated = false;
  bool has_author = false;
  bool has_meta = false;  // any of date, author, reading time
  bool has_previous = false;
  bool has_next = false;
  bool is_blog = false;
  bool is_docs = false;
  bool has_newsletter = false;
};

struct ListView {
  std::string title;
  std::string intro;
  std::vector<const EntryView*> entries;
  std::vector<GroupView> groups;
  std::vector<TagView> tags;
  std::vector<AuthorView> authors;
  AuthorView author;
  std::string newer_url;
  std::string older_url;
  std::string position;  // "Page 2 of 5"
  std::string more_url;  // of everything that is listed here in part
  std::string groups_title;
  std::string feed_url;
  bool has_author = false;
};

// Which entry of navigation and sidebar is this page.
struct HereView {
  std::string url;
  std::string area;
  std::string group;
};

// The root of every HTML template.
struct DocumentView {
  const SiteView* site = nullptr;
  HeadView head;
  HereView here;
  std::vector<CrumbView> crumbs;
  const SidebarView* sidebar = nullptr;
  const PageView* page = nullptr;
  const ListView* list = nullptr;
};

// The root of feed and sitemap templates.
struct FeedView {
  std::string title;
  std::string description;
  std::string url;       // of the list that it mirrors
  std::string feed_url;  // of itself
  std::string language;
  DateView updated;
  std::vector<FeedItemView> items;
};

struct SitemapView {
  std::vector<const EntryView*> entries;
};

template <>
const Shape& shape_of<LinkView>();
template <>
const Shape& shape_of<GroupView>();
template <>
const Shape& shape_of<SidebarView>();
template <>
const Shape& shape_of<NavigationItemView>();
template <>
const Shape& shape_of<AssetsView>();
template <>
const Shape& shape_of<SiteView>();
template <>
const Shape& shape_of<TagView>();
template <>
const Shape& shape_of<AuthorView>();
template <>
const Shape& shape_of<DateView>();
template <>
const Shape& shape_of<TocEntryView>();
template <>
const Shape& shape_of<EntryView>();
template <>
const Shape& shape_of<FeedItemView>();
template <>
const Shape& shape_of<CrumbView>();
template <>
const Shape& shape_of<HeadView>();
template <>
const Shape& shape_of<PageView>();
template <>
const Shape& shape_of<ListView>();
template <>
const Shape& shape_of<HereView>();
template <>
const Shape& shape_of<DocumentView>();
template <>
const Shape& shape_of<FeedView>();
template <>
const Shape& shape_of<SitemapView>();

}  // namespace sitepod::builder
