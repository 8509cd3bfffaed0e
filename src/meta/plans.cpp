#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

Plan read_plan(const Row& row) {
  return {row.string(0),  row.string(1),   row.string(2), row.string(11),
          row.size(3),    row.string(4),   row.string(5), {row.string(6), row.string(7), row.string(8)},
          row.instant(9), row.instant(10), row.string(12)};
}

}  // namespace

Result<std::optional<Plan>> find_plan(Session& session, std::string_view id) {
  return find_one(session, read_plan,
                  "SELECT p.id, p.project_id, p.account_id, p.file_count, p.content_hash, p.message, p.git_commit, "
                  "p.git_branch, p.git_message,"
                  " p.created_at, p.expires_at, e.entries, p.image_id"
                  " FROM plans p LEFT JOIN plan_entries e ON e.plan_id = p.id WHERE p.id = :id",
                  {{"id", id}});
}

Result<std::optional<Plan>> find_plan_head(Session& session, std::string_view id) {
  return find_one(
      session, read_plan,
      "SELECT id, project_id, account_id, file_count, content_hash, message, git_commit, git_branch, git_message,"
      " created_at, expires_at, NULL, image_id FROM plans WHERE id = :id",
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
  return run(session, "INSERT INTO plan_entries (plan_id, entries) VALUES (:plan_id, :entries)",
             {{"plan_id", plan.id}, {"entries", Value::bytes(plan.entries)}});
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
