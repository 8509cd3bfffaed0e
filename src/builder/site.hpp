// A whole site from values: pages, settings and media in, files out. Pure: no network, no database, no clock, no
// randomness; equal input gives equal bytes in any locale, time zone, order of insertion and number of threads. Any
// thread; may use the given pool for its own parallel work and returns when all of it is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "model/image_rules.hpp"
#include "model/page.hpp"

namespace sitepod::builder {

// A media file of the site; its bytes are a blob already.
struct MediaFile {
  std::string path;  // "media/ab/abcd….webp", no leading slash
  Digest blob;       // SHA-256
  std::uint64_t size = 0;
  std::string media_type;
  std::uint32_t width = 0;  // 0: no picture
  std::uint32_t height = 0;
  std::vector<std::pair<std::uint32_t, std::string>> variants;  // width → path of the smaller picture
};

// Shared from one build to the next: a page that is the same object as before is taken for unchanged unseen.
using SharedPage = std::shared_ptr<const model::Page>;

struct Site {
  std::string base_url;  // "https://name.example", no final slash
  model::SiteSettings settings;
  std::vector<SharedPage> pages;  // in any order; without drafts and without pages of the future
  std::vector<model::Author> authors;
  std::vector<MediaFile> media;
  // Pages that name no picture announce one of their own (SocialImage), which somebody has to make and serve.
  bool social_images = false;
  // Whether the files are made that the search reads. For measuring what they cost: nothing is found without them.
  bool search_index = true;
};

// A generated file; media are not repeated here.
struct BuiltFile {
  std::string path;                          // no leading slash
  std::shared_ptr<const std::string> bytes;  // null where a FileSink took them, in this build or in one before
  Digest digest;                             // SHA-256 of the bytes
  std::uint64_t size = 0;
};

// A picture that stands for pages where links to them are shown: what it shows, and where its pages say it is.
struct SocialImage {
  std::string path;  // "assets/social-….png", no leading slash; another picture has another path
  std::string site;
  std::string title;
  std::string subtitle;
  std::string byline;
  std::string language;
  std::string accent;  // "#rrggbb", readable on dark
};

// Takes every file that is made, once, as soon as it is: then a build holds few of their bytes at a time, and the cache
// none. Called by several threads in no order; its error ends the build.
using FileSink = std::function<Result<void>(const std::string& path, const std::string& bytes, const Digest& digest)>;

struct BrokenLink {
  std::string page;  // URL path
  std::uint32_t line = 0;
  std::string target;
};

struct BuiltSite {
  std::vector<BuiltFile> files;  // sorted by path
  // Among the files too, as kRulesPath. The file at a locked page's address is a form that posts `password` there.
  model::ImageRules rules;
  std::vector<BrokenLink> broken_links;    // internal ones
  std::vector<SocialImage> social_images;  // by path, each once; not among the files
  std::size_t pages_rendered = 0;          // not found in the cache
};

// Keeps the last build of one site with all that it was made from, so that the next one makes only what changed. It
// never changes what is built. Thread-safe; of two builds at once only one profits.
class BuildCache {
 public:
  BuildCache();
  ~BuildCache();
  BuildCache(const BuildCache&) = delete;
  BuildCache& operator=(const BuildCache&) = delete;
  struct State;
  State& state() { return *state_; }
  // About what is kept, in bytes.
  std::size_t weight() const;

 private:
  std::unique_ptr<State> state_;
};

// `threads` of 0 means one for each CPU. Errors name the page and the line; Unavailable "build_took_too_long" when the
// deadline is past between two pages. Without a sink the result holds the bytes of all files. Of files that are as they
// were in the build before, the sink gets no bytes again: whoever lost them builds with another cache.
Result<BuiltSite> build_site(
    const Site& site, BuildCache& cache, unsigned threads = 0,
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max(),
    const FileSink& sink = {});

}  // namespace sitepod::builder
