#include "meta/traffic.hpp"

#include <chrono>

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

Traffic read_traffic(const Row& row) { return {row.size(0), row.integer(1)}; }

TrafficCap read_cap(const Row& row) {
  return {row.string(0), row.size(1), row.string(2), row.integer(3) != 0, row.instant(4)};
}

}  // namespace

std::int64_t month_of(Instant instant) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(instant.unix_ms)};
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return std::int64_t{int(date.year())} * 100 + unsigned(date.month());
}

Instant start_of_month(std::int64_t month) {
  const std::chrono::year_month_day first(std::chrono::year(static_cast<int>(month / 100)),
                                          std::chrono::month(static_cast<unsigned>(month % 100)), std::chrono::day(1));
  return {std::chrono::milliseconds(std::chrono::sys_days(first).time_since_epoch()).count()};
}

std::int64_t month_after(std::int64_t month) { return month % 100 == 12 ? month + 89 : month + 1; }

Result<Traffic> find_traffic(Session& session, std::string_view project_id, std::int64_t month) {
  const std::optional<Traffic> found = SITEPOD_TRY(find_one(
      session, read_traffic, "SELECT bytes, noticed FROM traffic WHERE project_id = :project_id AND month = :month",
      {{"project_id", project_id}, {"month", month}}));
  return found.value_or(Traffic());
}

Result<std::optional<Traffic>> add_traffic(Session& session, std::string_view project_id, std::int64_t month,
                                           std::uint64_t bytes) {
  const auto added = SITEPOD_TRY(session.execute(
      "INSERT INTO traffic (project_id, month, bytes, noticed) SELECT id, :month, :bytes, 0 FROM projects WHERE id = "
      ":project_id ON CONFLICT (project_id, month) DO UPDATE SET bytes = traffic.bytes + excluded.bytes",
      {{"project_id", project_id}, {"month", month}, {"bytes", bytes}}));
  if (added == 0) return std::optional<Traffic>();
  return std::optional(SITEPOD_TRY(find_traffic(session, project_id, month)));
}

Result<void> set_noticed(Session& session, std::string_view project_id, std::int64_t month, std::int64_t percent) {
  return run(session, "UPDATE traffic SET noticed = :percent WHERE project_id = :project_id AND month = :month",
             {{"percent", percent}, {"project_id", project_id}, {"month", month}});
}

Result<void> delete_traffic_before(Session& session, std::int64_t month) {
  return run(session, "DELETE FROM traffic WHERE month < :month", {{"month", month}});
}

Result<std::optional<TrafficCap>> find_traffic_cap(Session& session, std::string_view project_id) {
  return find_one(session, read_cap,
                  "SELECT project_id, bytes, action, is_by_admin, changed_at FROM traffic_caps WHERE project_id = :id",
                  {{"id", project_id}});
}

Result<void> put_traffic_cap(Session& session, const TrafficCap& cap) {
  return run(session,
             "INSERT INTO traffic_caps (project_id, bytes, action, is_by_admin, changed_at)"
             " VALUES (:project_id, :bytes, :action, :is_by_admin, :changed_at) ON CONFLICT (project_id) DO UPDATE"
             " SET bytes = excluded.bytes, action = excluded.action, is_by_admin = excluded.is_by_admin,"
             " changed_at = excluded.changed_at",
             {{"project_id", cap.project_id},
              {"bytes", cap.bytes},
              {"action", cap.action},
              {"is_by_admin", std::int64_t{cap.is_by_admin}},
              {"changed_at", cap.changed_at}});
}

Result<void> delete_traffic_cap(Session& session, std::string_view project_id) {
  return run(session, "DELETE FROM traffic_caps WHERE project_id = :id", {{"id", project_id}});
}

Result<void> each_over_cap(Session& session, std::int64_t month,
                           const std::function<void(std::string_view project_id)>& visit) {
  return session.query(
      "SELECT t.project_id FROM traffic_caps c JOIN traffic t ON t.project_id = c.project_id"
      " WHERE t.month = :month AND t.bytes >= c.bytes",
      {{"month", month}}, [&](const Row& row) {
        visit(row.text(0));
        return true;
      });
}

}  // namespace sitepod::meta
