// The pages of one site as its last build read them, so that the next one reads only those that are new to it. A page
// stands under its id and revision, which together never mean another text (meta/pages.hpp). A resource of one thread
// at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "builder/site.hpp"
#include "meta/session.hpp"

namespace sitepod::content {

class PageShelf {
 public:
  // Those that visitors may see at `now`, in the order of their ids, with the addresses that lead to them. Pages that
  // did not change are the same objects as before; others leave the shelf.
  Result<std::vector<builder::SharedPage>> load(meta::Session& session, std::string_view project_id, Instant now);

 private:
  struct Kept {
    std::string id;
    std::int64_t revision = 0;
    builder::SharedPage row;    // as it is stored
    builder::SharedPage shown;  // with its addresses of before among its aliases; the same object when it has none
  };
  using Aliases = std::vector<std::string>;
  // By the page that they lead to.
  Result<std::unordered_map<std::string, Aliases>> load_old_addresses(meta::Session& session,
                                                                      std::string_view project_id) const;

  std::vector<Kept> pages_;  // by id
};

}  // namespace sitepod::content
