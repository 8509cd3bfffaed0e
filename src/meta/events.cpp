#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

constexpr std::string_view kListed =
    "SELECT e.seq, coalesce(e.project_id, ''), e.account_id, e.action, e.environment, e.image_id, e.previous_image_id,"
    " e.subject, e.actor_id, e.actor_email, e.actor_address, e.token_name, e.created_at FROM events e ";

Event read_event(const Row& row) {
  return {row.integer(0), row.string(1), row.string(2), row.string(3),  row.string(4),  row.string(5),  row.string(6),
          row.string(7),  row.string(8), row.string(9), row.string(10), row.string(11), row.instant(12)};
}

}  // namespace

Result<std::int64_t> insert_event(Session& session, const Event& event) {
  return find_number(session,
                     "INSERT INTO events (project_id, account_id, action, environment, image_id, previous_image_id, "
                     "subject, actor_id, actor_email, actor_address, token_name, created_at)"
                     " VALUES (:project_id, :account_id, :action, :environment, :image_id, :previous_image_id, "
                     ":subject, :actor_id, :actor_email, :actor_address, :token_name, :created_at) RETURNING seq",
                     {{"project_id", event.project_id.empty() ? Value(Null{}) : Value(event.project_id)},
                      {"account_id", event.account_id},
                      {"action", event.action},
                      {"environment", event.environment},
                      {"image_id", event.image_id},
                      {"previous_image_id", event.previous_image_id},
                      {"subject", event.subject},
                      {"actor_id", event.actor_id},
                      {"actor_email", event.actor_email},
                      {"actor_address", event.actor_address},
                      {"token_name", event.token_name},
                      {"created_at", event.created_at}});
}

Result<std::vector<Event>> list_events_of_project(Session& session, std::string_view project_id, std::int64_t limit,
                                                  std::int64_t offset) {
  static const std::string sql =
      std::string(kListed) + "WHERE e.project_id = :project_id ORDER BY e.seq DESC LIMIT :limit OFFSET :offset";
  return find_all(session, read_event, sql, {{"project_id", project_id}, {"limit", limit}, {"offset", offset}});
}

Result<std::vector<Event>> list_events_of_account(Session& session, std::string_view account_id, std::int64_t limit,
                                                  std::int64_t offset) {
  static const std::string sql =
      std::string(kListed) + "WHERE e.account_id = :account_id ORDER BY e.seq DESC LIMIT :limit OFFSET :offset";
  return find_all(session, read_event, sql, {{"account_id", account_id}, {"limit", limit}, {"offset", offset}});
}

Result<std::int64_t> count_events_of_project(Session& session, std::string_view project_id) {
  return find_number(session, "SELECT count(*) FROM events WHERE project_id = :project_id",
                     {{"project_id", project_id}});
}

Result<std::int64_t> count_events_of_account(Session& session, std::string_view account_id) {
  return find_number(session, "SELECT count(*) FROM events WHERE account_id = :account_id",
                     {{"account_id", account_id}});
}

Result<void> forget_actor(Session& session, std::string_view account_id) {
  SITEPOD_TRY(run(session,
                  "UPDATE releases SET actor_email = '', actor_address = '', token_name = '' WHERE actor_id = :id"
                  " AND project_id IN (SELECT project_id FROM events WHERE actor_id = :id AND actor_id <> account_id)",
                  {{"id", account_id}}));
  return run(session,
             "UPDATE events SET actor_email = '', actor_address = '', token_name = ''"
             " WHERE actor_id = :id AND actor_id <> account_id",
             {{"id", account_id}});
}

Result<void> delete_events_of_account(Session& session, std::string_view account_id) {
  return run(session, "DELETE FROM events WHERE account_id = :account_id", {{"account_id", account_id}});
}

}  // namespace sitepod::meta
