// Pages of a site: save a batch of them, list, delete (content API §3, §5, §6). Any thread; blocks for the database,
// and for the hash of every new password.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "content/page_rules.hpp"
#include "meta/media.hpp"
#include "meta/meta_store.hpp"
#include "meta/pages.hpp"
#include "meta/records.hpp"
#include "model/page_change.hpp"

namespace sitepod::content {

struct SaveRequest {
  std::vector<model::PageChange> pages;
  std::vector<model::PageDeletion> deletions;
  // Attached files: rows to write with the pages, and the URL for each name that "file:" may mention.
  std::vector<meta::Media> media;
  std::unordered_map<std::string, std::string> media_urls;
  bool only_new = false;  // a page that is there is not changed, and refuses the request
};

struct SavedPage {
  std::string id, slug, title, section;
  model::ContentType content_type = model::ContentType::kBlog;
  bool created = false;
};

// One of refused, unresolved and existing says something, and nothing was saved; or all of it is.
struct SaveOutcome {
  std::map<std::size_t, FieldErrors> refused;     // by the page's place in the request
  std::map<std::size_t, std::size_t> unresolved;  // "file:" references without a file
  std::optional<meta::PageKey> existing;          // one that should have been new
  std::vector<SavedPage> pages;                   // in the order of the request
  std::vector<std::string> deleted;               // slugs of pages that were there

  bool is_saved() const { return refused.empty() && unresolved.empty() && !existing; }
};

struct EraseOutcome {
  std::vector<meta::PageKey> matches;  // one: it is deleted; more: nothing is
};

class Pages {
 public:
  using HashPassword = std::function<Result<std::string>(std::string_view password)>;
  // `meta` outlives it. `storage_limit`: bytes of texts and media of one account.
  Pages(meta::MetaStore& meta, HashPassword hash_password, std::uint64_t storage_limit);

  // What is written together with the pages, where they are saved. May be called again for the same request.
  using Also = std::function<Result<void>(meta::Session& session)>;
  // Errors: "invalid_request" (an impossible deletion), "storage_quota_exceeded", those of `also`; nothing is saved
  // then.
  Result<SaveOutcome> save(const meta::Project& project, SaveRequest request, Instant now, const Also& also = {});

  // Without `content_type` and `section` whatever has the slug. None: no such page.
  Result<EraseOutcome> erase(const meta::Project& project, std::string_view slug,
                             std::optional<model::ContentType> content_type, std::optional<std::string> section);

  struct Listed {
    model::Page page;     // with its text when that was asked for
    Digest content_hash;  // SHA-256 of the text
  };
  struct Listing {
    std::vector<Listed> pages;
    std::int64_t total = 0;
  };
  enum class Texts : std::uint8_t { No, Yes };
  Result<Listing> list(const meta::Project& project, meta::PageFilter filter, Texts texts = Texts::No);
  // With their texts: one, unless the slug is ambiguous. `section` is in any case.
  Result<std::vector<Listed>> find(const meta::Project& project, std::string_view slug,
                                   std::optional<model::ContentType> content_type, std::optional<std::string> section);

 private:
  meta::MetaStore& meta_;
  const HashPassword hash_password_;
  const std::uint64_t storage_limit_;
};

Error storage_quota_exceeded(std::uint64_t limit);

}  // namespace sitepod::content
