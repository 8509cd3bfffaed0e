#include "builder/texts.hpp"

#include <algorithm>

#include "builder/look.hpp"
#include "builder/markdown/heading_ids.hpp"
#include "builder/markdown/text.hpp"
#include "builder/parallel.hpp"
#include "builder/plain_text.hpp"

namespace sitepod::builder {
namespace {

// Part of every key: grows when the same text makes other HTML or other facts than before.
constexpr std::uint64_t kTextVersion = 3;
constexpr std::size_t kExcerptBytes = 180;

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

bool offers_downloads(const model::Page& page, const Site& site) {
  return resolve_look(page, site.settings.look).shows(model::Switch::kShowGalleryDownload);
}

// What stands before the first heading says best what a page is about; unless it is next to nothing. Headings are left
// out: they would read as the beginning of the sentence behind them.
std::string opening_of(const RenderedMarkdown& text) {
  constexpr std::size_t kEnough = 60;
  std::string opening;
  auto heading = text.headings.begin();
  for (std::string_view rest = text.plain_text; !rest.empty() && opening.size() <= 2 * kExcerptBytes;) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (heading != text.headings.end() && heading->text.empty()) ++heading;
    if (heading == text.headings.end() || markdown::trim(line) != heading->text) {
      opening.append(line).push_back('\n');
    } else if (opening.size() >= kEnough) {
      break;
    } else {
      ++heading;
    }
  }
  return opening.empty() ? text.plain_text : opening;
}

}  // namespace

Texts::Texts(const Site& site, const Outline& outline)
    : site_(site), outline_(outline), facts_(outline.pages.size()), html_(outline.pages.size()) {
  KeyHasher names;
  for (const PlacedPage& placed : outline_.pages) {
    names.add(placed.url);
    names.add(placed.page->title);
  }
  names_key_ = names.finish();
  KeyHasher media;
  std::vector<const MediaFile*> files;
  for (const MediaFile& file : site_.media) files.push_back(&file);
  std::sort(files.begin(), files.end(), [](const auto* a, const auto* b) { return a->path < b->path; });
  for (const MediaFile* file : files) {
    media_.emplace(file->path, file);
    media.add(file->path);
    media.add(std::uint64_t{file->width} << 32U | file->height);
    for (const auto& [width, path] : file->variants) {
      media.add(std::uint64_t{width});
      media.add(path);
    }
  }
  media_key_ = media.finish();
}

Result<Texts::Learnt> Texts::learn(PageNumber number, const model::Page& page, const FactsByText& known) const {
  const CacheKey key = key_of_text(page);
  if (const auto found = known.find(key); found != known.end() && still_holds(*found->second))
    return Learnt{found->second, {}};
  Questions asked;
  auto text = render(page, asked);
  if (!text) {
    text.error().message = outline_.pages[number].path + ": " + text.error().message;
    return std::move(text.error());
  }
  Learnt learnt;
  learnt.html = std::move(text->html);
  learnt.facts = make_facts(*text, key, asked);
  return learnt;
}

void Texts::set(PageNumber number, Learnt learnt) {
  facts_[number] = std::move(learnt.facts);
  html_[number] = std::move(learnt.html);
}

std::string Texts::take_html(PageNumber page) {
  if (!html_[page].empty()) return std::exchange(html_[page], {});
  return render_html(page);
}

std::string Texts::render_html(PageNumber page) const {
  // It was rendered without an error when its facts were learnt.
  Questions asked;
  auto text = render(*outline_.pages[page].page, asked);
  return text ? std::move(text->html) : std::string();
}

Result<RenderedMarkdown> Texts::render(const model::Page& page, Questions& asked) const {
  MarkdownOptions options;
  options.title = page.title;
  options.allow_raw_html = site_.settings.allow_raw_html;
  options.gallery_download = offers_downloads(page, site_);
  options.resolve_wikilink = [this, &asked](std::string_view name) {
    asked.names = true;
    return resolve_wikilink(name);
  };
  options.find_picture = [this, &asked](std::string_view source) {
    asked.media = true;
    return find_picture(source);
  };
  return render_markdown(page.content, options);
}

CacheKey Texts::key_of_text(const model::Page& page) const {
  KeyHasher hasher;
  hasher.add(kTextVersion);
  hasher.add(page.content);
  hasher.add(page.title);
  hasher.add(std::uint64_t{site_.settings.allow_raw_html});
  hasher.add(std::uint64_t{offers_downloads(page, site_)});
  if (!site_.search_index) hasher.add("without words to search for");
  return hasher.finish();
}

bool Texts::still_holds(const PageFacts& facts) const {
  return facts.names_key.value_or(names_key_) == names_key_ && facts.media_key.value_or(media_key_) == media_key_;
}

std::shared_ptr<const PageFacts> Texts::make_facts(RenderedMarkdown& text, const CacheKey& text_key,
                                                   Questions asked) const {
  auto facts = std::make_shared<PageFacts>();
  facts->excerpt = excerpt_of(opening_of(text), kExcerptBytes);
  if (site_.search_index) facts->search_words = search_words_of(text.plain_text);
  facts->words = text.words;
  facts->headings = std::move(text.headings);
  facts->links = std::move(text.links);
  facts->has_code = text.has_code;
  facts->has_math = text.has_math;
  facts->has_diagram = text.has_diagram;
  facts->text_key = text_key;
  if (asked.names) facts->names_key = names_key_;
  if (asked.media) facts->media_key = media_key_;
  KeyHasher headings;
  for (const Heading& heading : facts->headings) headings.add(heading.id);
  facts->headings_key = headings.finish();
  KeyHasher all;
  all.add(text_key);
  all.add(facts->names_key.value_or(CacheKey{}));
  all.add(facts->media_key.value_or(CacheKey{}));
  facts->key = all.finish();
  return facts;
}

// Full paths win over slugs, slugs over titles; among equals the first address.
void Texts::collect_names() const {
  for (PageNumber i = 0; i < outline_.pages.size(); ++i) names_.emplace(outline_.pages[i].path.substr(1), i);
  for (PageNumber i = 0; i < outline_.pages.size(); ++i) names_.emplace(outline_.pages[i].page->slug, i);
  for (PageNumber i = 0; i < outline_.pages.size(); ++i) names_.emplace(ascii_lower(outline_.pages[i].page->title), i);
}

std::optional<std::string> Texts::resolve_wikilink(std::string_view target) const {
  std::call_once(names_once_, [this] { collect_names(); });
  const std::size_t hash = target.find('#');
  std::string_view name = target.substr(0, hash);
  while (name.starts_with('/')) name.remove_prefix(1);
  const std::string anchor =
      hash == std::string_view::npos ? "" : "#" + markdown::heading_slug(target.substr(hash + 1));
  if (name.empty()) return anchor.empty() ? std::nullopt : std::optional(anchor);
  for (const std::string& wanted : {std::string(name), ascii_lower(name), markdown::heading_slug(name)})
    if (const auto at = names_.find(wanted); at != names_.end()) return outline_.pages[at->second].url + anchor;
  return std::nullopt;
}

std::optional<Picture> Texts::find_picture(std::string_view source) const {
  if (!source.starts_with('/')) return std::nullopt;
  const auto at = media_.find(source.substr(1, source.find_first_of("?#") - 1));
  if (at == media_.end() || at->second->width == 0) return std::nullopt;
  const MediaFile& file = *at->second;
  Picture picture{file.width, file.height, ""};
  for (const auto& [width, path] : file.variants) {
    if (!picture.srcset.empty()) picture.srcset += ", ";
    picture.srcset += "/" + path + " " + std::to_string(width) + "w";
  }
  if (!picture.srcset.empty()) picture.srcset += ", /" + file.path + " " + std::to_string(file.width) + "w";
  return picture;
}

}  // namespace sitepod::builder
