// Which page each change of a request means, and whether it may have the key that it wants (content API §3.1, §3.3). A
// value of the transaction that writes, so that two writers of one key end in one page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "content/pages.hpp"

namespace sitepod::content {

// What a page of the request will be.
struct PageTarget {
  meta::PageKey key;           // as it will be; the id is empty for a new page
  meta::PageKey before;        // of a page that is there
  bool is_known = false;       // it is there
  bool is_understood = false;  // its key makes sense
  bool moves() const {
    return is_known &&
           (key.content_type != before.content_type || key.section != before.section || key.slug != before.slug);
  }
};

class PageTargets {
 public:
  // What is given outlives it. Refusals and deletions are told to `outcome`.
  PageTargets(meta::Session& session, const meta::Project& project, const SaveRequest& request, SaveOutcome& outcome)
      : session_(session), project_(project), request_(request), outcome_(outcome) {}

  // Errors: "invalid_request" (an impossible deletion).
  Result<void> choose();

  std::size_t size() const { return targets_.size(); }
  const PageTarget& operator[](std::size_t page) const { return targets_[page]; }
  std::vector<PageTarget>::const_iterator begin() const { return targets_.begin(); }
  std::vector<PageTarget>::const_iterator end() const { return targets_.end(); }
  const std::vector<std::string>& deleted_ids() const { return deleted_ids_; }
  // Bytes of the texts that are deleted.
  std::uint64_t freed_bytes() const { return freed_bytes_; }

 private:
  Result<void> load_keys();
  void take_key(meta::PageKey key);
  // Nothing: it takes more than the page's own row to tell what the change does.
  Result<std::optional<meta::PageKey>> find_standing(const model::PageChange& change);
  // False: more keys are needed.
  Result<bool> load_standing_keys();
  Result<void> choose_deletions();
  void choose_target(std::size_t page);
  bool apply_key(std::size_t page, const model::PageChange& change, PageTarget& target);
  bool refuse_without_slug(std::size_t page, const model::PageChange& change);
  void check_title(std::size_t page, const model::PageChange& change, const PageTarget& target);
  void claim_keys();
  void check_neighbours();
  void refuse(std::size_t page, std::string field, std::string message);

  meta::Session& session_;
  const meta::Project& project_;
  const SaveRequest& request_;
  SaveOutcome& outcome_;
  std::deque<meta::PageKey> rows_;                                   // as they are
  std::unordered_map<std::string, std::string_view> ids_;            // key → id, as it will be
  std::unordered_map<std::string_view, const meta::PageKey*> keys_;  // id → row, of those that stay
  std::set<std::string> known_targets_;                              // ids that the request changes
  std::vector<std::string> deleted_ids_;
  std::uint64_t freed_bytes_ = 0;
  std::vector<PageTarget> targets_;
};

// What is wrong with a field of the request's page; the first fault of a field counts.
void refuse(SaveOutcome& outcome, std::size_t page, std::string field, std::string message);
bool has_fault(const SaveOutcome& outcome, std::size_t page, std::string_view field);

}  // namespace sitepod::content
