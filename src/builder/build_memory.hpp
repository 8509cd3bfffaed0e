// What a build remembers for the next one of the same site: facts about texts and finished files, each under the key of
// what it was made from. One build reads the memory of the build before and leaves exactly what it used itself, so that
// memory never holds more than two builds. A Memory is immutable once it is handed over; any thread may read it.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/digest.hpp"
#include "builder/cache_key.hpp"
#include "builder/markdown.hpp"
#include "builder/site.hpp"

namespace sitepod::builder {

// What the rest of the site needs to know of a page's text.
struct PageFacts {
  std::string excerpt;       // of the text's beginning, for descriptions
  std::string search_words;  // every word once, in lower case, with spaces between
  std::size_t words = 0;
  std::vector<Heading> headings;
  std::vector<WrittenLink> links;
  bool has_code = false;
  bool has_math = false;
  bool has_diagram = false;
  CacheKey text_key;      // of the text itself and what is set for it
  CacheKey headings_key;  // of the ids that links may name
  CacheKey key;           // of all that the text's HTML depends on: also of the names and pictures that it asked for
  // What it was told when it asked; nothing: it did not ask.
  std::optional<CacheKey> names_key;
  std::optional<CacheKey> media_key;
};

struct FinishedFile {
  std::shared_ptr<const std::string> bytes;
  Digest digest;
};

struct Memory {
  std::unordered_map<CacheKey, std::shared_ptr<const PageFacts>, CacheKeyHash> facts;  // by text_key
  std::unordered_map<CacheKey, FinishedFile, CacheKeyHash> files;
  // The links of each page, checked against the places that `places_key` stands for.
  CacheKey places_key;
  std::unordered_map<CacheKey, std::vector<BrokenLink>, CacheKeyHash> broken_links;
};

struct BuildCache::State {
  std::mutex mutex;  // guards what follows
  std::shared_ptr<const Memory> memory = std::make_shared<const Memory>();
};

}  // namespace sitepod::builder
