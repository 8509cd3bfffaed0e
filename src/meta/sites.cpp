#include "meta/sites.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

std::string read_text(const Row& row) { return row.string(0); }
NamedValue read_named_value(const Row& row) { return {row.string(0), row.string(1)}; }
model::NavigationLink read_link(const Row& row) { return {row.string(0), row.string(1)}; }
model::Author read_author(const Row& row) {
  return {row.string(0), row.string(1), row.string(2), row.string(3), row.string(4)};
}

}  // namespace

Result<std::optional<std::string>> find_default_site(Session& session, std::string_view account_id) {
  return find_one(session, read_text, "SELECT project_id FROM default_sites WHERE account_id = :account_id",
                  {{"account_id", account_id}});
}

Result<void> insert_default_site(Session& session, std::string_view account_id, std::string_view project_id) {
  return run(session, "INSERT INTO default_sites (account_id, project_id) VALUES (:account_id, :project_id)",
             {{"account_id", account_id}, {"project_id", project_id}});
}

Result<bool> may_use_content(Session& session, std::string_view account_id) {
  return SITEPOD_TRY(find_number(session, "SELECT count(*) FROM content_refusals WHERE account_id = :account_id",
                                 {{"account_id", account_id}})) == 0;
}

Result<void> set_may_use_content(Session& session, std::string_view account_id, bool allowed) {
  if (allowed)
    return run(session, "DELETE FROM content_refusals WHERE account_id = :account_id", {{"account_id", account_id}});
  return run(session, "INSERT INTO content_refusals (account_id) VALUES (:account_id) ON CONFLICT DO NOTHING",
             {{"account_id", account_id}});
}

Result<std::vector<NamedValue>> list_site_settings(Session& session, std::string_view project_id) {
  return find_all(session, read_named_value,
                  "SELECT name, value FROM site_settings WHERE project_id = :project_id ORDER BY name",
                  {{"project_id", project_id}});
}

Result<void> put_site_setting(Session& session, std::string_view project_id, std::string_view name,
                              std::string_view value) {
  if (value.empty())
    return run(session, "DELETE FROM site_settings WHERE project_id = :project_id AND name = :name",
               {{"project_id", project_id}, {"name", name}});
  return run(session,
             "INSERT INTO site_settings (project_id, name, value) VALUES (:project_id, :name, :value)"
             " ON CONFLICT (project_id, name) DO UPDATE SET value = excluded.value",
             {{"project_id", project_id}, {"name", name}, {"value", value}});
}

Result<std::vector<model::NavigationLink>> list_site_links(Session& session, std::string_view project_id,
                                                           std::string_view place) {
  return find_all(session, read_link,
                  "SELECT title, url FROM site_links WHERE project_id = :project_id AND place = :place"
                  " ORDER BY position",
                  {{"project_id", project_id}, {"place", place}});
}

Result<void> replace_site_links(Session& session, std::string_view project_id, std::string_view place,
                                const std::vector<model::NavigationLink>& links) {
  SITEPOD_TRY(run(session, "DELETE FROM site_links WHERE project_id = :project_id AND place = :place",
                  {{"project_id", project_id}, {"place", place}}));
  for (std::size_t i = 0; i < links.size(); ++i)
    SITEPOD_TRY(run(session,
                    "INSERT INTO site_links (project_id, place, position, title, url)"
                    " VALUES (:project_id, :place, :position, :title, :url)",
                    {{"project_id", project_id},
                     {"place", place},
                     {"position", std::uint64_t{i}},
                     {"title", links[i].title},
                     {"url", links[i].url}}));
  return {};
}

Result<std::vector<model::Author>> list_authors(Session& session, std::string_view account_id) {
  return find_all(session, read_author,
                  "SELECT id, name, slug, bio, avatar_url FROM authors WHERE account_id = :account_id"
                  " ORDER BY name, id",
                  {{"account_id", account_id}});
}

Result<std::optional<model::Author>> find_author(Session& session, std::string_view account_id, std::string_view id) {
  return find_one(session, read_author,
                  "SELECT id, name, slug, bio, avatar_url FROM authors WHERE account_id = :account_id AND id = :id",
                  {{"account_id", account_id}, {"id", id}});
}

Result<void> insert_author(Session& session, std::string_view account_id, const model::Author& author, Instant now) {
  return run(session,
             "INSERT INTO authors (id, account_id, name, slug, bio, avatar_url, created_at)"
             " VALUES (:id, :account_id, :name, :slug, :bio, :avatar_url, :created_at)",
             {{"id", author.id},
              {"account_id", account_id},
              {"name", author.name},
              {"slug", author.slug},
              {"bio", author.bio},
              {"avatar_url", author.avatar_url},
              {"created_at", now}});
}

Result<void> update_author(Session& session, const model::Author& author) {
  return run(session,
             "UPDATE authors SET name = :name, slug = :slug, bio = :bio, avatar_url = :avatar_url WHERE id = :id",
             {{"id", author.id},
              {"name", author.name},
              {"slug", author.slug},
              {"bio", author.bio},
              {"avatar_url", author.avatar_url}});
}

Result<void> delete_author(Session& session, std::string_view account_id, std::string_view id) {
  SITEPOD_TRY(run(session,
                  "UPDATE pages SET author_id = '', revision = revision + 1 WHERE author_id = :id"
                  " AND project_id IN (SELECT id FROM projects WHERE owner_id = :account_id)",
                  {{"id", id}, {"account_id", account_id}}));
  return run(session, "DELETE FROM authors WHERE account_id = :account_id AND id = :id",
             {{"account_id", account_id}, {"id", id}});
}

}  // namespace sitepod::meta
