#include "meta/migrations.hpp"

#include <utility>

namespace sitepod::meta {

std::span<const Migration> all_migrations() {
  static const std::vector<Migration> kMigrations = {migration_0001_first(),
                                                     migration_0002_previews(),
                                                     migration_0003_domains(),
                                                     migration_0004_collection(),
                                                     migration_0005_operations(),
                                                     migration_0006_limits(),
                                                     migration_0007_lifted_purges(),
                                                     migration_0008_content(),
                                                     migration_0009_unfinished_purges(),
                                                     migration_0010_unattended_content(),
                                                     migration_0011_social_images(),
                                                     migration_0012_plan_parts(),
                                                     migration_0013_page_revisions()};
  return kMigrations;
}

std::string in_dialect(std::string_view sql, const Dialect& dialect) {
  const std::pair<std::string_view, std::string_view> words[] = {{"{blob}", dialect.blob},
                                                                 {"{integer}", dialect.integer},
                                                                 {"{identity}", dialect.identity},
                                                                 {"{strict}", dialect.strict},
                                                                 {"{by_key}", dialect.by_key}};
  std::string out(sql);
  for (const auto& [word, spelling] : words)
    for (std::size_t at = out.find(word); at != std::string::npos; at = out.find(word, at + spelling.size()))
      out.replace(at, word.size(), spelling);
  return out;
}

Result<std::int64_t> schema_version(Session& session) {
  std::int64_t version = 0;
  SITEPOD_TRY(session.query("SELECT coalesce(max(number), 0) FROM migrations", {}, [&](const Row& row) {
    version = row.integer(0);
    return false;
  }));
  return version;
}

Result<void> run_migration(Session& session, const Migration& migration, const Dialect& dialect, Instant now) {
  for (std::string_view statement : migration.statements)
    SITEPOD_TRY_WITH(session.execute(in_dialect(statement, dialect)), "migration " + std::string(migration.name));
  SITEPOD_TRY(session.execute("INSERT INTO migrations (number, name, applied_at) VALUES (:number, :name, :applied_at)",
                              {{"number", migration.number}, {"name", migration.name}, {"applied_at", now}}));
  return {};
}

}  // namespace sitepod::meta
