// Reads the body of POST /api/v1/public/pages as a stream, so that 100 MiB of JSON never stand in memory beside what
// they say. Only shapes are checked here (content API §3: a known key of the wrong JSON type); what the values must be
// is the content room's business. A resource of one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/page_change.hpp"

namespace sitepod::api {

// Texts longer than any field may be are cut to one byte beyond the longest field's limit: they are refused anyway.
struct PagesRequest {
  std::string site_id;  // empty: the default site
  std::vector<model::PageChange> pages;
  std::vector<model::PageDeletion> deletions;
  bool has_deletions = false;  // the key was there
  bool is_flat = false;        // one page stood in the top-level object
  bool build = false;
};

inline constexpr std::size_t kMaxPagesPerRequest = 5'000;
inline constexpr std::size_t kMaxPageTextBytes = 100'000;

class PagesRequestParser {
 public:
  PagesRequestParser();
  ~PagesRequestParser();

  // Errors: "invalid_json", "invalid_request". After an error nothing more may be fed.
  Result<void> feed(std::string_view piece);
  // The end of the body; an empty one counts as {}. Requires: called once, after a last successful feed().
  Result<PagesRequest> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::api
