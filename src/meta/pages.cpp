#include "meta/pages.hpp"

#include <algorithm>

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

#define SITEPOD_PAGE_COLUMNS                                                                                       \
  "p.id, p.slug, p.title, p.content_type, p.section, p.description, p.api_endpoint, p.draft, p.tags, "             \
  "p.published_at, p.created_at, p.updated_at, p.author_id, p.password_hash, p.og_image_url, p.language, p.look, " \
  "p.show_listings, p.place, p.aliases"
constexpr int kContentColumn = 20;

std::string join(const std::vector<std::string>& parts, char separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

struct LookText {
  std::string_view name;
  std::string model::Look::*field;
};
constexpr LookText kLookTexts[] = {{"theme", &model::Look::theme},
                                   {"primaryColor", &model::Look::primary_color},
                                   {"codeThemeLight", &model::Look::code_theme_light},
                                   {"codeThemeDark", &model::Look::code_theme_dark},
                                   {"fontSize", &model::Look::font_size}};

void add_line(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (!out.empty()) out += '\n';
  out.append(name).append("=").append(value);
}

std::string pack_look(const model::Look& look) {
  std::string out;
  for (const LookText& text : kLookTexts) add_line(out, text.name, look.*text.field);
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    if (look.switches[i] != model::SwitchValue::kInherit)
      add_line(out, model::to_string(static_cast<model::Switch>(i)),
               look.switches[i] == model::SwitchValue::kTrue ? "true" : "false");
  return out;
}

void read_look_line(std::string_view name, std::string_view value, model::Look& look) {
  for (const LookText& text : kLookTexts)
    if (text.name == name) look.*text.field = std::string(value);
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    if (model::to_string(static_cast<model::Switch>(i)) == name)
      look.switches[i] = value == "true" ? model::SwitchValue::kTrue : model::SwitchValue::kFalse;
}

model::Look unpack_look(std::string_view packed) {
  model::Look look;
  for (const std::string& line : split(packed, '\n'))
    if (const std::size_t equals = line.find('='); equals != std::string::npos)
      read_look_line(std::string_view(line).substr(0, equals), std::string_view(line).substr(equals + 1), look);
  return look;
}

model::Timestamp timestamp_of(Instant instant) { return model::Timestamp(std::chrono::milliseconds(instant.unix_ms)); }
Instant instant_of(model::Timestamp time) { return {time.time_since_epoch().count()}; }

model::Page read_page(const Row& row) {
  model::Page page;
  page.id = row.string(0);
  page.slug = row.string(1);
  page.title = row.string(2);
  page.content_type = model::parse_content_type(row.text(3)).value_or(model::ContentType::kBlog);
  page.section = row.string(4);
  page.description = row.string(5);
  page.api_endpoint = row.string(6);
  page.draft = row.flag(7);
  page.tags = split(row.text(8), ',');
  if (!row.is_null(9)) page.published_at = timestamp_of(row.instant(9));
  page.created_at = timestamp_of(row.instant(10));
  page.updated_at = timestamp_of(row.instant(11));
  page.author_id = row.string(12);
  page.password_hash = row.string(13);
  page.og_image_url = row.string(14);
  page.language = row.string(15);
  page.look = unpack_look(row.text(16));
  page.show_listings = row.flag(17);
  if (!row.is_null(18)) page.order = row.integer(18);
  page.aliases = split(row.text(19), '\n');
  return page;
}

model::Page read_page_with_content(const Row& row) {
  model::Page page = read_page(row);
  page.content = row.string(kContentColumn);
  return page;
}

// Columns that a page keeps for good, then those that every save sets.
constexpr std::string_view kFixedColumns[] = {"id", "project_id", "created_at"};
constexpr std::string_view kSavedColumns[] = {
    "content_type", "section",       "slug",       "title",     "description",   "api_endpoint", "draft",
    "tags",         "published_at",  "updated_at", "author_id", "password_hash", "og_image_url", "language",
    "look",         "show_listings", "place",      "aliases",   "content_bytes"};

std::string upsert_statement() {
  std::string columns, values, changes;
  const auto add = [&](std::string_view column) {
    columns.append(columns.empty() ? "" : ", ").append(column);
    values.append(values.empty() ? ":" : ", :").append(column);
  };
  for (const std::string_view column : kFixedColumns) add(column);
  for (const std::string_view column : kSavedColumns) {
    add(column);
    changes.append(column).append(" = excluded.").append(column).append(", ");
  }
  return "INSERT INTO pages (" + columns + ") VALUES (" + values + ") ON CONFLICT (id) DO UPDATE SET " + changes +
         "revision = revision + 1";
}

PageKey read_page_key(const Row& row) {
  return {row.string(0), model::parse_content_type(row.text(1)).value_or(model::ContentType::kBlog), row.string(2),
          row.string(3), static_cast<std::uint64_t>(row.integer(4))};
}

PageVersion read_version(const Row& row) { return {row.string(0), row.integer(1)}; }

std::string_view to_text(NameKind kind) { return kind == NameKind::kTag ? "tag" : "section"; }

std::optional<Instant> published_instant(const model::Page& page) {
  return page.published_at ? std::optional(instant_of(*page.published_at)) : std::nullopt;
}

}  // namespace

#define SITEPOD_PAGE_KEY \
  "SELECT id, content_type, section, slug, content_bytes FROM pages WHERE project_id = :project_id"

Result<void> each_page_key(Session& session, std::string_view project_id, const std::function<void(PageKey)>& each) {
  return session.query(SITEPOD_PAGE_KEY, {{"project_id", project_id}}, [&](const Row& row) {
    each(read_page_key(row));
    return true;
  });
}

Result<std::optional<PageKey>> find_page_key(Session& session, std::string_view project_id, std::string_view id) {
  return find_one(session, read_page_key, SITEPOD_PAGE_KEY " AND id = :id", {{"project_id", project_id}, {"id", id}});
}

Result<std::optional<PageKey>> find_page_key_at(Session& session, std::string_view project_id, model::ContentType type,
                                                std::string_view section, std::string_view slug) {
  return find_one(
      session, read_page_key,
      SITEPOD_PAGE_KEY " AND content_type = :content_type AND section = :section AND slug = :slug",
      {{"project_id", project_id}, {"content_type", model::to_string(type)}, {"section", section}, {"slug", slug}});
}

Result<std::optional<model::Page>> find_page(Session& session, std::string_view project_id, std::string_view id,
                                             WithText text) {
  if (text == WithText::No)
    return find_one(session, read_page,
                    "SELECT " SITEPOD_PAGE_COLUMNS " FROM pages p WHERE p.id = :id AND p.project_id = :project_id",
                    {{"id", id}, {"project_id", project_id}});
  return find_one(session, read_page_with_content,
                  "SELECT " SITEPOD_PAGE_COLUMNS
                  ", t.content FROM pages p JOIN page_texts t ON t.page_id = p.id"
                  " WHERE p.id = :id AND p.project_id = :project_id",
                  {{"id", id}, {"project_id", project_id}});
}

Result<void> save_page(Session& session, std::string_view project_id, const model::Page& page,
                       std::optional<std::uint64_t> stored_bytes) {
  static const std::string kUpsert = upsert_statement();
  const std::string tags = join(page.tags, ','), aliases = join(page.aliases, '\n'), look = pack_look(page.look);
  SITEPOD_TRY(session.execute(kUpsert, {{"id", page.id},
                                        {"project_id", project_id},
                                        {"created_at", instant_of(page.created_at)},
                                        {"content_type", model::to_string(page.content_type)},
                                        {"section", page.section},
                                        {"slug", page.slug},
                                        {"title", page.title},
                                        {"description", page.description},
                                        {"api_endpoint", page.api_endpoint},
                                        {"draft", page.draft},
                                        {"tags", tags},
                                        {"published_at", published_instant(page)},
                                        {"updated_at", instant_of(page.updated_at)},
                                        {"author_id", page.author_id},
                                        {"password_hash", page.password_hash},
                                        {"og_image_url", page.og_image_url},
                                        {"language", page.language},
                                        {"look", look},
                                        {"show_listings", page.show_listings},
                                        {"place", page.order},
                                        {"aliases", aliases},
                                        {"content_bytes", stored_bytes.value_or(page.content.size())}}));
  if (stored_bytes) return {};
  return run(session,
             "INSERT INTO page_texts (page_id, content) VALUES (:id, :content)"
             " ON CONFLICT (page_id) DO UPDATE SET content = excluded.content",
             {{"id", page.id}, {"content", page.content}});
}

// No slug has a dot.
Result<void> park_page_key(Session& session, std::string_view id) {
  return run(session, "UPDATE pages SET slug = '.' || id, revision = revision + 1 WHERE id = :id", {{"id", id}});
}

Result<bool> delete_page(Session& session, std::string_view id) {
  return SITEPOD_TRY(session.execute("DELETE FROM pages WHERE id = :id", {{"id", id}})) > 0;
}

Result<void> each_page(Session& session, std::string_view project_id, const PageFilter& filter,
                       const std::function<void(model::Page)>& each) {
  const std::string_view type = filter.content_type ? model::to_string(*filter.content_type) : std::string_view();
  const std::string slug = filter.slug.value_or("");
  const std::string sql =
      std::string("SELECT " SITEPOD_PAGE_COLUMNS) +
      (filter.with_texts ? ", t.content FROM pages p JOIN page_texts t ON t.page_id = p.id" : " FROM pages p") +
      " WHERE p.project_id = :project_id AND (:type = '' OR p.content_type = :type)"
      " AND (:slug = '' OR p.slug = :slug)"
      " ORDER BY p.content_type, p.section, p.slug LIMIT :limit OFFSET :offset";
  return session.query(
      sql,
      {{"project_id", project_id}, {"type", type}, {"slug", slug}, {"limit", filter.limit}, {"offset", filter.offset}},
      [&](const Row& row) {
        each(filter.with_texts ? read_page_with_content(row) : read_page(row));
        return true;
      });
}

Result<std::int64_t> count_pages(Session& session, std::string_view project_id,
                                 std::optional<model::ContentType> content_type) {
  const std::string_view type = content_type ? model::to_string(*content_type) : std::string_view();
  return find_number(session,
                     "SELECT count(*) FROM pages WHERE project_id = :project_id"
                     " AND (:type = '' OR content_type = :type)",
                     {{"project_id", project_id}, {"type", type}});
}

Result<std::vector<PageVersion>> list_public_pages(Session& session, std::string_view project_id, Instant now) {
  std::vector<PageVersion> versions =
      SITEPOD_TRY(find_all(session, read_version,
                           "SELECT id, revision FROM pages WHERE project_id = :project_id AND draft = 0"
                           " AND (published_at IS NULL OR published_at <= :now)",
                           {{"project_id", project_id}, {"now", now}}));
  std::sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return versions;
}

Result<void> insert_page_address(Session& session, std::string_view project_id, std::string_view path,
                                 std::string_view page_id) {
  return run(session,
             "INSERT INTO page_addresses (project_id, path, page_id) VALUES (:project_id, :path, :page_id)"
             " ON CONFLICT (project_id, path) DO UPDATE SET page_id = excluded.page_id",
             {{"project_id", project_id}, {"path", path}, {"page_id", page_id}});
}

Result<void> each_page_address(Session& session, std::string_view project_id,
                               const std::function<void(std::string_view path, std::string_view page_id)>& each) {
  return session.query("SELECT path, page_id FROM page_addresses WHERE project_id = :project_id ORDER BY path",
                       {{"project_id", project_id}}, [&](const Row& row) {
                         each(row.text(0), row.text(1));
                         return true;
                       });
}

Result<void> insert_display_name(Session& session, std::string_view project_id, NameKind kind, std::string_view key,
                                 std::string_view name) {
  return run(session,
             "INSERT INTO display_names (project_id, kind, key, name) VALUES (:project_id, :kind, :key, :name)"
             " ON CONFLICT (project_id, kind, key) DO NOTHING",
             {{"project_id", project_id}, {"kind", to_text(kind)}, {"key", key}, {"name", name}});
}

Result<DisplayNames> list_display_names(Session& session, std::string_view project_id, NameKind kind) {
  DisplayNames names;
  SITEPOD_TRY(
      session.query("SELECT key, name FROM display_names WHERE project_id = :project_id AND kind = :kind ORDER BY key",
                    {{"project_id", project_id}, {"kind", to_text(kind)}}, [&](const Row& row) {
                      names.emplace_back(row.string(0), row.string(1));
                      return true;
                    }));
  return names;
}

Result<std::int64_t> count_content_bytes(Session& session, std::string_view account_id) {
  return find_number(session,
                     "SELECT coalesce((SELECT sum(p.content_bytes) FROM pages p JOIN projects o ON o.id = p.project_id"
                     "  WHERE o.owner_id = :account_id), 0)"
                     " + coalesce((SELECT sum(m.size) FROM media m JOIN projects o ON o.id = m.project_id"
                     "  WHERE o.owner_id = :account_id), 0)",
                     {{"account_id", account_id}});
}

}  // namespace sitepod::meta
