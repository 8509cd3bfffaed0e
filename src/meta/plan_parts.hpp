// The packed entries of a plan (deploy/plan_entries.hpp) as rows of bounded size: what SQLite copies of a row on its
// way into a page is one part, never a plan of 100,000 files. They go with the plan, and when it is committed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

inline constexpr std::size_t kPlanPartBytes = 256 * 1024;

// Requires: the plan is there; parts are numbered from 0 and have at most kPlanPartBytes.
Result<void> insert_plan_part(Session&, std::string_view plan_id, std::int64_t part, std::string_view bytes);
// All of them, one behind the other; empty when there is none.
Result<std::string> read_plan_parts(Session&, std::string_view plan_id);

}  // namespace sitepod::meta
