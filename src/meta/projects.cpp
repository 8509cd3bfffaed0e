#include "meta/queries.hpp"
#include "meta/records.hpp"
#include "model/names.hpp"

namespace sitepod::meta {
namespace {

Project read_project(const Row& row) {
  return {row.string(0), row.string(1), row.string(2), row.string(3), row.instant(4), row.instant(5)};
}

}  // namespace

Result<std::optional<Project>> find_project(Session& session, std::string_view id) {
  return find_one(session, read_project,
                  "SELECT id, name, subdomain, owner_id, created_at, updated_at FROM projects WHERE id = :id",
                  {{"id", id}});
}

Result<std::optional<Project>> find_project_by_name(Session& session, std::string_view name) {
  std::string key = model::project_key(name);
  return find_one(
      session, read_project,
      "SELECT id, name, subdomain, owner_id, created_at, updated_at FROM projects WHERE name_key = :name_key",
      {{"name_key", key}});
}

Result<std::optional<Project>> find_project_by_subdomain(Session& session, std::string_view subdomain) {
  return find_one(
      session, read_project,
      "SELECT id, name, subdomain, owner_id, created_at, updated_at FROM projects WHERE subdomain = :subdomain",
      {{"subdomain", subdomain}});
}

Result<std::int64_t> count_projects_of(Session& session, std::string_view owner_id) {
  return find_number(session, "SELECT count(*) FROM projects WHERE owner_id = :owner_id", {{"owner_id", owner_id}});
}

Result<void> insert_project(Session& session, const Project& project) {
  std::string key = model::project_key(project.name);
  return run(session,
             "INSERT INTO projects (id, name, name_key, subdomain, owner_id, created_at, updated_at)"
             " VALUES (:id, :name, :name_key, :subdomain, :owner_id, :created_at, :updated_at)",
             {{"id", project.id},
              {"name", project.name},
              {"name_key", key},
              {"subdomain", project.subdomain},
              {"owner_id", project.owner_id},
              {"created_at", project.created_at},
              {"updated_at", project.updated_at}});
}

Result<std::vector<Project>> list_projects(Session& session, std::string_view owner_id, std::int64_t limit,
                                           std::int64_t offset) {
  if (owner_id.empty())
    return find_all(session, read_project,
                    "SELECT id, name, subdomain, owner_id, created_at, updated_at FROM projects"
                    " ORDER BY updated_at DESC, id DESC LIMIT :limit OFFSET :offset",
                    {{"limit", limit}, {"offset", offset}});
  return find_all(
      session, read_project,
      "SELECT id, name, subdomain, owner_id, created_at, updated_at FROM projects WHERE owner_id = :owner_id"
      " ORDER BY updated_at DESC, id DESC LIMIT :limit OFFSET :offset",
      {{"owner_id", owner_id}, {"limit", limit}, {"offset", offset}});
}

Result<std::vector<std::string>> list_project_ids_of(Session& session, std::string_view owner_id) {
  auto read_id = [](const Row& row) { return row.string(0); };
  return find_all<std::string>(session, read_id, "SELECT id FROM projects WHERE owner_id = :owner_id ORDER BY id",
                               {{"owner_id", owner_id}});
}

Result<bool> delete_project(Session& session, std::string_view id) {
  return SITEPOD_TRY(session.execute("DELETE FROM projects WHERE id = :id", {{"id", id}})) > 0;
}

Result<void> each_project_id(Session& session, const std::function<void(std::string_view id)>& each) {
  return session.query("SELECT id FROM projects ORDER BY id", {}, [&](const Row& row) {
    each(row.text(0));
    return true;
  });
}

}  // namespace sitepod::meta
