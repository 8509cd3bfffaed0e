// The search index: search/index.json names every page with its title and summary and lists the parts; a part holds the
// words of a run of pages. The browser shows matches in titles at once and loads the parts when somebody searches, so
// that one page's new text makes one part new. docs/formats/search-index.md.
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
    escape_json(context.texts.facts(pages[i]).search_words, json);
  }
  return json + "]\n";
}

CacheKey key_of_part(const PlanContext& context, const std::vector<PageNumber>& pages, std::size_t from) {
  KeyHasher hasher;
  hasher.add("search part");
  for (std::size_t i = from; i < pages.size() && i < from + kPagesInPart; ++i)
    hasher.add(context.texts.facts(pages[i]).key);
  return hasher.finish();
}

constexpr std::string_view kPartName = "search/words-";

// The part's name carries the key of what it was made from: it never changes under one name.
std::string part_path(const CacheKey& key) {
  const std::array<std::uint64_t, 2> halves = {key.low, key.high};
  return std::string(kPartName) +
         to_hex(std::span(reinterpret_cast<const std::uint8_t*>(halves.data()), sizeof halves)) + ".json";
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

std::string make_index(const PlanContext& context, const std::vector<PageNumber>& pages) {
  constexpr std::size_t kPart = 96;
  std::size_t bytes = 64 + pages.size() / kPagesInPart * kPart;
  for (const PageNumber page : pages) bytes += context.search_rows[page].size() + 2;
  std::string json;
  json.reserve(bytes + kPart);
  json += "{\"parts\":[";
  for (std::size_t from = 0; from < pages.size(); from += kPagesInPart) {
    if (from > 0) json.push_back(',');
    json +=
        "{\"from\":" + std::to_string(from) + ",\"path\":\"/" + part_path(key_of_part(context, pages, from)) + "\"}";
  }
  json += "],\"pages\":[\n";
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (i > 0) json += ",\n";
    json += context.search_rows[pages[i]];
  }
  return json + "\n]}\n";
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
  const auto pages = std::make_shared<const std::vector<PageNumber>>(searchable_pages(context.outline));
  for (std::size_t from = 0; from < pages->size(); from += kPagesInPart) {
    const CacheKey key = key_of_part(context, *pages, from);
    PlannedFile part;
    part.path = part_path(key);
    part.draft = [&context, pages, from, key] {
      return Draft{key, [&context, pages, from] { return make_part(context, *pages, from); }};
    };
    plan.push_back(std::move(part));
  }
  PlannedFile index;
  index.path = "search/index.json";
  index.draft = [&context, pages] {
    KeyHasher hasher;
    hasher.add("search index");
    for (const PageNumber page : *pages) {
      hasher.add(context.composer.entry(page).key);
      hasher.add(context.texts.facts(page).key);
    }
    return Draft{hasher.finish(), [&context, pages] { return make_index(context, *pages); }};
  };
  plan.push_back(std::move(index));
}

}  // namespace sitepod::builder
