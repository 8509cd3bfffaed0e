// The pages' texts as HTML, with what the rest of the site needs to know of them. Texts that are known are rendered
// only when somebody asks for their HTML.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "builder/build_memory.hpp"
#include "builder/outline.hpp"
#include "builder/parallel.hpp"

namespace sitepod::builder {

class Texts {
 public:
  // Everything given must outlive the Texts.
  Texts(const Site& site, const Outline& outline);

  // What a text says, and its HTML where it had to be rendered.
  struct Learnt {
    std::shared_ptr<const PageFacts> facts;
    std::string html;
  };
  // Of the page at this place; `page` may be its next version with another text. The error names the page.
  Result<Learnt> learn(PageNumber number, const model::Page& page, const FactsByText& known) const;
  // Each page by one thread at a time.
  void set(PageNumber number, Learnt learnt);
  const PageFacts& facts(PageNumber page) const { return *facts_[page]; }
  const std::shared_ptr<const PageFacts>& share_facts(PageNumber page) const { return facts_[page]; }
  // The text's HTML; given away when it was rendered for its facts, else rendered now. Each page by one thread at a
  // time.
  std::string take_html(PageNumber page);
  void drop_html(PageNumber page) { std::string().swap(html_[page]); }
  // The same, rendered anew.
  std::string render_html(PageNumber page) const;

 private:
  // What a text wanted to know of the rest of the site.
  struct Questions {
    bool names = false;
    bool media = false;
  };
  Result<RenderedMarkdown> render(const model::Page& page, Questions& asked) const;
  CacheKey key_of_text(const model::Page& page) const;
  bool still_holds(const PageFacts& facts) const;
  std::shared_ptr<const PageFacts> make_facts(RenderedMarkdown& text, const CacheKey& text_key, Questions asked) const;
  void collect_names() const;
  std::optional<std::string> resolve_wikilink(std::string_view target) const;
  std::optional<Picture> find_picture(std::string_view source) const;

  const Site& site_;
  const Outline& outline_;
  // What wikilinks may call a page; collected when the first one asks.
  mutable std::once_flag names_once_;
  mutable std::unordered_map<std::string, PageNumber> names_;
  std::unordered_map<std::string_view, const MediaFile*> media_;
  CacheKey names_key_;
  CacheKey media_key_;
  std::vector<std::shared_ptr<const PageFacts>> facts_;
  std::vector<std::string> html_;
};

}  // namespace sitepod::builder
