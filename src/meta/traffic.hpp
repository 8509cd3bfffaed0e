// What a project's visitors got in a month, and how much that may be. Bytes are those of answers' bodies.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

// What happens at the cap; at 50, 75 and 100 % there is an event in any case.
inline constexpr std::string_view kNotify = "notify";
inline constexpr std::string_view kThrottle = "throttle";
inline constexpr std::string_view kPause = "pause";

// Year * 100 + month, in UTC.
std::int64_t month_of(Instant instant);
// Its first instant.
Instant start_of_month(std::int64_t month);
std::int64_t month_after(std::int64_t month);

struct Traffic {
  std::uint64_t bytes = 0;
  std::int64_t noticed = 0;  // percent of the cap that was last told of
};
// Zero when nothing was counted.
Result<Traffic> find_traffic(Session&, std::string_view project_id, std::int64_t month);
// Yields the sum; nothing when the project is gone.
Result<std::optional<Traffic>> add_traffic(Session&, std::string_view project_id, std::int64_t month,
                                           std::uint64_t bytes);
Result<void> set_noticed(Session&, std::string_view project_id, std::int64_t month, std::int64_t percent);
// Months before this one.
Result<void> delete_traffic_before(Session&, std::int64_t month);

struct TrafficCap {
  std::string project_id;
  std::uint64_t bytes = 0;
  std::string action;
  bool is_by_admin = false;  // then only an admin changes it
  Instant changed_at;
};
Result<std::optional<TrafficCap>> find_traffic_cap(Session&, std::string_view project_id);
Result<void> put_traffic_cap(Session&, const TrafficCap&);
Result<void> delete_traffic_cap(Session&, std::string_view project_id);
// Projects that had used up their cap in that month.
Result<void> each_over_cap(Session&, std::int64_t month, const std::function<void(std::string_view project_id)>& visit);

}  // namespace sitepod::meta
