#include "meta/plan_room.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

PlanRoom read_room(const Row& row) { return {row.digest(0), row.size(1)}; }

Result<std::int64_t> room_of(Session& session, std::string_view plan_id, const Digest& name) {
  return find_number(session, "SELECT bytes FROM plan_room WHERE plan_id = :plan_id AND name = :name",
                     {{"plan_id", plan_id}, {"name", name}});
}

Result<bool> change(Session& session, std::string_view plan_id, const Digest& name, std::int64_t before,
                    std::int64_t after, std::uint64_t limit) {
  const auto changed = SITEPOD_TRY(session.execute(
      "UPDATE plans SET room_bytes = room_bytes + :more WHERE id = :plan_id AND room_bytes + :more <= :limit",
      {{"more", after - before}, {"plan_id", plan_id}, {"limit", limit}}));
  if (changed == 0) return false;
  SITEPOD_TRY(run(session,
                  "INSERT INTO plan_room (plan_id, name, bytes) VALUES (:plan_id, :name, :bytes)"
                  " ON CONFLICT (plan_id, name) DO UPDATE SET bytes = excluded.bytes",
                  {{"plan_id", plan_id}, {"name", name}, {"bytes", after}}));
  return true;
}

}  // namespace

Result<std::vector<PlanRoom>> list_plan_room(Session& session, std::string_view plan_id) {
  return find_all(session, read_room, "SELECT name, bytes FROM plan_room WHERE plan_id = :plan_id ORDER BY name",
                  {{"plan_id", plan_id}});
}

Result<bool> take_plan_room(Session& session, std::string_view plan_id, const Digest& name, std::uint64_t bytes,
                            std::uint64_t limit) {
  const std::int64_t before = SITEPOD_TRY(room_of(session, plan_id, name));
  const auto wanted = static_cast<std::int64_t>(bytes);
  if (wanted <= before && before > 0) return true;
  return change(session, plan_id, name, before, wanted, limit);
}

Result<bool> settle_plan_room(Session& session, std::string_view plan_id, const Digest& name, std::uint64_t bytes,
                              std::uint64_t limit) {
  const std::int64_t before = SITEPOD_TRY(room_of(session, plan_id, name));
  return change(session, plan_id, name, before, static_cast<std::int64_t>(bytes), limit);
}

Result<void> give_plan_room(Session& session, std::string_view plan_id, const Digest& name) {
  const std::int64_t bytes = SITEPOD_TRY(room_of(session, plan_id, name));
  SITEPOD_TRY(run(session, "DELETE FROM plan_room WHERE plan_id = :plan_id AND name = :name",
                  {{"plan_id", plan_id}, {"name", name}}));
  return run(session, "UPDATE plans SET room_bytes = room_bytes - :bytes WHERE id = :plan_id",
             {{"bytes", bytes}, {"plan_id", plan_id}});
}

}  // namespace sitepod::meta
