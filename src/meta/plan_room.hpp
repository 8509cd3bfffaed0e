// Room of a plan's quota for files whose size the plan does not say: taken before a body is read, settled with the
// blob's row. The sum stands in the plan's row, so that no request adds up ten thousand.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

struct PlanRoom {
  Digest name;
  std::uint64_t bytes = 0;
};
// In the order of names.
Result<std::vector<PlanRoom>> list_plan_room(Session&, std::string_view plan_id);
// At least so much for the name. False: all names together would have more than `limit`; nothing was changed.
Result<bool> take_plan_room(Session&, std::string_view plan_id, const Digest& name, std::uint64_t bytes,
                            std::uint64_t limit);
// Exactly so much.
Result<bool> settle_plan_room(Session&, std::string_view plan_id, const Digest& name, std::uint64_t bytes,
                              std::uint64_t limit);
Result<void> give_plan_room(Session&, std::string_view plan_id, const Digest& name);

}  // namespace sitepod::meta
