// Reads the long answers of the deploy API as a stream, without keeping their JSON: /plan and /upload/{plan_id} list up
// to one hash per file. A resource of one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::api {

// The members of the outermost object that are no containers, and `missing`, whose items are strings (map form of a
// plan) or objects with a "hash" (array form). Everything else is passed over.
struct ListingAnswer {
  std::map<std::string, std::string, std::less<>> texts;
  std::map<std::string, std::int64_t, std::less<>> numbers;
  bool has_missing = false;
  std::vector<Digest> missing;
  std::vector<std::string> upload_urls;  // those of `missing` that are whole addresses; empty texts for the others

  std::string text(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
};

class ListingParser {
 public:
  ListingParser();
  ~ListingParser();
  // Errors: Internal "invalid_answer".
  Result<void> feed(std::string_view piece);
  // Requires: called once, after a last successful feed().
  Result<ListingAnswer> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::api
