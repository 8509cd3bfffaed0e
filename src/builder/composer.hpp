// Turns an outline and the facts of texts into what templates show: entries, sidebars, documents. Makes what pages
// share once; what it returns points into it and into the Outline. After make() any thread may ask for what concerns
// pages whose entries are made.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "builder/look.hpp"
#include "builder/outline.hpp"
#include "builder/texts.hpp"
#include "builder/theme.hpp"
#include "builder/views.hpp"

namespace sitepod::builder {

// A style sheet that belongs to this site: colours of its own, code themes.
struct SiteStyle {
  std::string path;  // "assets/look-….css"
  std::string css;
};

class Composer {
 public:
  Composer(const Site& site, const Outline& outline, const Texts& texts, const Theme& theme);
  // What pages share, before anything is known of their texts.
  void make();
  // Once the page's facts are known, and again when its text is another. Each page by one thread at a time.
  void make_entry_of(PageNumber page);
  // The page is another object, with another text.
  void renew(PageNumber page);

  const SiteView& site_view() const { return site_view_; }
  const EntryView& entry(PageNumber page) const { return entries_[page]; }
  const ResolvedLook& look(PageNumber page) const { return looks_[page]; }
  const std::vector<SiteStyle>& styles() const { return styles_; }
  // Of all pages, sorted by path.
  std::vector<SocialImage> social_images() const;

  // Everything of the page but its HTML and what complete() adds. `number` must not be a locked page unless
  // `text_is_protected`.
  PageView page_view(PageNumber number) const;
  // Its table of contents and share links. They follow from the view, the text and this key, so that whoever only asks
  // whether the page is as it was need not make them.
  void complete(PageNumber number, PageView& view) const;
  std::uint64_t key_of_completion(PageNumber number) const;
  // The document around a page; `view` and the page's list are filled in by the caller.
  DocumentView page_document(PageNumber number) const;
  // What is shown of a locked page to who does not know its password.
  PageView locked_view(PageNumber number) const;
  DocumentView locked_document(PageNumber number) const;
  // The document around a list at `path` ("/blog/").
  DocumentView list_document(const std::string& title, const std::string& path) const;

  LinkView link_to(PageNumber page) const;
  TagView tag_view(const PlacedTag& tag) const;
  AuthorView author_view(const PlacedAuthor& author) const;
  // The sidebar that a page of the section sees; null where none is shown.
  const SidebarView* sidebar_for(const std::string& section, PageNumber page) const;
  // The sidebar that the list of a section shows.
  const SidebarView* sidebar_of_list(const std::string& section) const;
  // A section with its first pages, for cards.
  GroupView card(const PlacedSection& section) const;
  void add_section_crumbs(const std::string& section, std::vector<CrumbView>& crumbs) const;
  std::string absolute(std::string_view url) const;
  // Of all pages in the section and below it.
  std::size_t count_pages(const PlacedSection& section) const;

 private:
  void make_site_view();
  void make_styles();
  void make_sidebars();
  void make_site_image();
  void make_page_image(PageNumber page);
  SocialImage page_image(PageNumber page) const;
  SocialImage site_image() const;
  std::string site_host() const;
  void set_social_image(HeadView& head, const SocialImage& image) const;
  void make_sidebar(const std::string& area, const std::string& open_section, std::size_t block);
  void add_sidebar_groups(const PlacedSection& top, const std::string& open_section, std::size_t block,
                          SidebarView& view);
  const GroupView* open_group(const PlacedSection& section, std::size_t block);
  const GroupView* closed_group(const PlacedSection& section);
  std::vector<LinkView> sidebar_links(const PlacedSection& section, std::size_t block, bool& has_more) const;
  EntryView make_entry(PageNumber page) const;
  HeadView make_head(std::string_view title, std::string_view url, const ResolvedLook& look) const;
  // Of the style sheets that a look needs, by what they are made from.
  const std::string& look_url(std::string_view color) const;
  const std::string& code_url(const ResolvedLook& look) const;
  std::string content_security_policy(std::string_view styles) const;
  std::string summary_of(PageNumber page) const;
  std::vector<TocEntryView> make_toc(PageNumber page) const;
  std::vector<LinkView> share_links(PageNumber page) const;
  void add_byline(PageNumber number, const ResolvedLook& look, PageView& view) const;
  void add_surroundings(PageNumber number, const ResolvedLook& look, PageView& view) const;
  std::size_t block_of(PageNumber page) const;

  const Site& site_;
  const Outline& outline_;
  const Texts& texts_;
  const Theme& theme_;
  SiteView site_view_;
  ResolvedLook site_look_;
  std::vector<ResolvedLook> looks_;
  std::vector<EntryView> entries_;
  std::vector<SiteStyle> styles_;
  std::vector<SocialImage> page_images_;  // by page; without a path where the site's stands for it, or its own
  SocialImage site_image_;                // without a path: the site has none
  std::map<std::string, std::string, std::less<>> look_urls_;             // by colour
  std::map<std::pair<std::string, std::string>, std::string> code_urls_;  // by both themes
  std::vector<std::uint32_t> position_;                                   // of a page in its section
  std::unordered_map<std::string_view, std::size_t> section_position_;    // in its area
  // By area, the section that is open in it ("" in small areas, where all are) and the block of its pages.
  std::map<std::tuple<std::string, std::string, std::size_t>, std::unique_ptr<SidebarView>> sidebars_;
  std::deque<GroupView> groups_;                                          // that sidebars show
  std::unordered_map<std::string_view, const GroupView*> closed_groups_;  // by section
  std::map<std::string, bool> is_small_;                                  // area → all its pages fit into one sidebar
};

}  // namespace sitepod::builder
