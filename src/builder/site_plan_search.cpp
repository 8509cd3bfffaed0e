// The search index: search/index.json names every page with its title and summary, search/parts.json lists the parts; a
// part holds the words of a run of pages. The browser shows matches in titles at once and loads the parts when somebody
// searches. One page's new text makes one part new and the short list of them. docs/formats/search-index.md.
#include <algorithm>

#include "builder/site_plan.hpp"

namespace sitepod::builder {
namespace {

constexpr std::size_t kPagesInPart = 64;

std::vector<PageNumber> searchable_pages(const Outline& outline) {
  std::vector<PageNumber> pages;
  for (PageNumber i = 0; i < outline.pages.size(); ++i)
    if (!outline.pages[i].is_locked) pages.push_back(i);
  return pages;
}

std::string make_part(const PlanContext& context, const std::vector<PageNumber>& pages, std::size_t from) {
  std::string json = "[";
  std::size_t bytes = 0;
  for (std::size_t i = from; i < pages.size() && i < from + kPagesInPart; ++i)
    bytes += context.texts.facts(pages[i]).search_words.size() + 8;
  json.reserve(bytes + bytes / 64);
  for (std::size_t i = from; i < pages.size() && i < from + kPagesInPart; ++i) {
    if (i > from) json.push_back(',');
    // Words and spaces: there is nothing to escape in them.
    json.append(1, '"').append(context.texts.facts(pages[i]).search_words).append(1, '"');
  }
  return json += "]\n";
}

CacheKey key_of_part(const PlanContext& context, const std::vector<PageNumber>& pages, std::size_t from) {
  KeyHasher hasher;
  hasher.add("search part");
  for (std::size_t i = from; i < pages.size() && i < from + kPagesInPart; ++i)
    hasher.add(context.texts.facts(pages[i]).key);
  return hasher.finish();
}

constexpr std::string_view kPartName = "search/words-";

std::string hex_of(const CacheKey& key) {
  const std::array<std::uint64_t, 2> halves = {key.low, key.high};
  return to_hex(std::span(reinterpret_cast<const std::uint8_t*>(halves.data()), sizeof halves));
}

// The part's name carries the key of what it was made from: it never changes under one name.
std::string part_path(const CacheKey& key) { return std::string(kPartName) + hex_of(key) + ".json"; }

// Of the pages and their order: whoever reads files of two releases notices it.
CacheKey key_of_order(const PlanContext& context, const std::vector<PageNumber>& pages) {
  KeyHasher hasher;
  for (const PageNumber page : pages) hasher.add(context.outline.pages[page].url);
  return hasher.finish();
}

// Tags and headings weigh more than text.
std::string weighty_words(const PlanContext& context, PageNumber number) {
  std::string words;
  for (const std::string& tag : context.outline.pages[number].page->tags)
    words.append(words.empty() ? "" : " ").append(tag);
  for (const Heading& heading : context.texts.facts(number).headings)
    words.append(words.empty() ? "" : " ").append(heading.text);
  return words;
}

// What the search reads: the pages, and their order's key.
struct Searchable {
  std::vector<PageNumber> pages;
  CacheKey order;
};

std::string make_index(const PlanContext& context, const Searchable& searchable) {
  std::size_t bytes = 64;
  for (const PageNumber page : searchable.pages) bytes += context.search_rows[page].size() + 2;
  std::string json;
  json.reserve(bytes);
  json += "{\"of\":\"" + hex_of(searchable.order) + "\",\"pages\":[\n";
  for (std::size_t i = 0; i < searchable.pages.size(); ++i) {
    if (i > 0) json += ",\n";
    json += context.search_rows[searchable.pages[i]];
  }
  return json += "\n]}\n";
}

std::string make_list_of_parts(const Searchable& searchable, const std::vector<CacheKey>& parts) {
  std::string json = "{\"of\":\"" + hex_of(searchable.order) + "\",\"parts\":[";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) json.push_back(',');
    json += "\n{\"from\":" + std::to_string(i * kPagesInPart) + ",\"path\":\"/" + part_path(parts[i]) + "\"}";
  }
  return json += "\n]}\n";
}

// Part by part: a hasher gathers what it is given, and all rows together would be megabytes for every new text.
CacheKey key_of_rows(const PlanContext& context, const std::vector<PageNumber>& pages, std::size_t from) {
  KeyHasher hasher;
  for (std::size_t i = from; i < pages.size() && i < from + kPagesInPart; ++i)
    hasher.add(context.search_rows[pages[i]]);
  return hasher.finish();
}

PlannedFile index_file(const PlanContext& context, std::shared_ptr<const Searchable> searchable) {
  PlannedFile file;
  file.path = "search/index.json";
  file.shows_texts = true;
  file.draft = [&context, searchable = std::move(searchable)] {
    KeyHasher hasher;
    hasher.add("search index");
    hasher.add(searchable->order);
    for (std::size_t from = 0; from < searchable->pages.size(); from += kPagesInPart)
      hasher.add(key_of_rows(context, searchable->pages, from));
    return Draft{hasher.finish(), [&context, searchable] { return make_index(context, *searchable); }};
  };
  return file;
}

}  // namespace

std::string search_row(const PlanContext& context, PageNumber number) {
  const EntryView& entry = context.composer.entry(number);
  const PlacedPage& placed = context.outline.pages[number];
  std::string json = "[";
  escape_json(entry.title, json);
  json.push_back(',');
  escape_json(entry.url, json);
  json.push_back(',');
  escape_json(entry.summary, json);
  json.push_back(',');
  escape_json(placed.section.empty() ? "" : context.outline.sections.at(placed.section).title, json);
  json.push_back(',');
  escape_json(weighty_words(context, number), json);
  json.push_back(']');
  json.shrink_to_fit();
  return json;
}

bool is_search_part(std::string_view path) { return path.starts_with(kPartName); }

void plan_search(const PlanContext& context, Plan& plan) {
  const auto searchable = std::make_shared<Searchable>();
  searchable->pages = searchable_pages(context.outline);
  searchable->order = key_of_order(context, searchable->pages);
  std::vector<CacheKey> parts;
  for (std::size_t from = 0; from < searchable->pages.size(); from += kPagesInPart) {
    const CacheKey& key = parts.emplace_back(key_of_part(context, searchable->pages, from));
    PlannedFile part;
    part.path = part_path(key);
    part.shows_texts = true;
    part.draft = [&context, searchable, from, key] {
      return Draft{key, [&context, searchable, from] { return make_part(context, searchable->pages, from); }};
    };
    plan.push_back(std::move(part));
  }
  plan.push_back(known_file("search/parts.json", make_list_of_parts(*searchable, parts)));
  plan.back().shows_texts = true;
  plan.push_back(index_file(context, searchable));
}

}  // namespace sitepod::builder
