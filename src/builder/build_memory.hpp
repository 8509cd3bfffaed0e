// What a build remembers for the next one of the same site: facts about texts and finished files, each under the key of
// what it was made from. A build leaves exactly what it used itself, so that memory never holds more than two builds.
#pragma once

#include <memory>
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
using FactsByText = std::unordered_map<CacheKey, std::shared_ptr<const PageFacts>, CacheKeyHash>;

struct FinishedFile {
  std::shared_ptr<const std::string> bytes;  // null: a sink has them
  Digest digest;
  std::uint64_t size = 0;
};
using FilesByKey = std::unordered_map<CacheKey, FinishedFile, CacheKeyHash>;

}  // namespace sitepod::builder
