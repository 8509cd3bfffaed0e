#include "meta/plan_parts.hpp"
#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

// Without the entries.
Plan read_plan(const Row& row) {
  return {row.string(0),  row.string(1),   row.string(2), "",
          row.size(3),    row.string(4),   row.string(5), {row.string(6), row.string(7), row.string(8)},
          row.instant(9), row.instant(10), row.string(11)};
}

}  // namespace

Result<std::optional<Plan>> find_plan(Session& session, std::string_view id) {
  std::optional<Plan> plan = SITEPOD_TRY(find_plan_head(session, id));
  if (plan) plan->entries = SITEPOD_TRY(read_plan_parts(session, id));
  return plan;
}

Result<std::optional<Plan>> find_plan_head(Session& session, std::string_view id) {
  return find_one(
      session, read_plan,
      "SELECT id, project_id, account_id, file_count, content_hash, message, git_commit, git_branch, git_message,"
      " created_at, expires_at, image_id FROM plans WHERE id = :id",
      {{"id", id}});
}

Result<void> insert_plan(Session& session, const Plan& plan) {
  SITEPOD_TRY(run(
      session,
      "INSERT INTO plans (id, project_id, account_id, file_count, content_hash, message, git_commit, git_branch, "
      "git_message,"
      " created_at, expires_at, image_id) VALUES (:id, :project_id, :account_id, :file_count, :content_hash, :message,"
      " :git_commit, :git_branch, :git_message, :created_at, :expires_at, :image_id)",
      {{"id", plan.id},
       {"project_id", plan.project_id},
       {"account_id", plan.account_id},
       {"file_count", plan.file_count},
       {"content_hash", plan.content_hash},
       {"message", plan.message},
       {"git_commit", plan.git.commit},
       {"git_branch", plan.git.branch},
       {"git_message", plan.git.message},
       {"created_at", plan.created_at},
       {"expires_at", plan.expires_at},
       {"image_id", plan.image_id}}));
  std::string_view entries = plan.entries;
  for (std::int64_t part = 0; !entries.empty(); ++part) {
    const std::string_view piece = entries.substr(0, kPlanPartBytes);
    SITEPOD_TRY(insert_plan_part(session, plan.id, part, piece));
    entries.remove_prefix(piece.size());
  }
  return {};
}

Result<void> insert_plan_part(Session& session, std::string_view plan_id, std::int64_t part, std::string_view bytes) {
  return run(session, "INSERT INTO plan_entries (plan_id, part, entries) VALUES (:plan_id, :part, :entries)",
             {{"plan_id", plan_id}, {"part", part}, {"entries", Value::bytes(bytes)}});
}

Result<std::string> read_plan_parts(Session& session, std::string_view plan_id) {
  std::string all;
  all.reserve(static_cast<std::size_t>(SITEPOD_TRY(find_number(
      session, "SELECT coalesce(sum(length(entries)), 0) FROM plan_entries WHERE plan_id = :id", {{"id", plan_id}}))));
  SITEPOD_TRY(session.query("SELECT entries FROM plan_entries WHERE plan_id = :id ORDER BY part", {{"id", plan_id}},
                            [&](const Row& row) {
                              all += row.text(0);
                              return true;
                            }));
  return all;
}

Result<void> renew_plan(Session& session, std::string_view id, Instant expires_at) {
  return run(session, "UPDATE plans SET expires_at = :expires_at WHERE id = :id",
             {{"expires_at", expires_at}, {"id", id}});
}

Result<void> set_plan_committed(Session& session, std::string_view id, std::string_view image_id) {
  SITEPOD_TRY(
      run(session, "UPDATE plans SET image_id = :image_id WHERE id = :id", {{"image_id", image_id}, {"id", id}}));
  SITEPOD_TRY(run(session, "DELETE FROM plan_room WHERE plan_id = :id", {{"id", id}}));
  return run(session, "DELETE FROM plan_entries WHERE plan_id = :id", {{"id", id}});
}

Result<std::int64_t> delete_expired_plans(Session& session, Instant before) {
  return session.execute("DELETE FROM plans WHERE expires_at < :before", {{"before", before}});
}

}  // namespace sitepod::meta
