#include "base/random.hpp"
#include "content/sites.hpp"
#include "meta/sites.hpp"

namespace sitepod::content {
namespace {

constexpr std::size_t kIdCharacters = 21;
constexpr std::size_t kMaxAuthors = 1'000;

Error no_such_author() { return not_found("not_found", "There is no such author."); }

Result<void> apply(std::string& field, const std::optional<std::string>& value, std::string_view name,
                   std::size_t max_bytes) {
  if (!value) return {};
  if (value->size() > max_bytes || value->find('\0') != std::string::npos)
    return invalid_request("The field \"" + std::string(name) + "\" must be at most " + std::to_string(max_bytes) +
                           " bytes, without NUL.");
  field = *value;
  return {};
}

Result<void> apply(model::Author& author, const AuthorChange& change) {
  SITEPOD_TRY(apply(author.name, change.name, "name", 100));
  SITEPOD_TRY(apply(author.bio, change.bio, "bio", 2000));
  SITEPOD_TRY(apply(author.avatar_url, change.avatar_url, "avatarUrl", 2000));
  SITEPOD_TRY(apply(author.slug, change.slug, "slug", 100));
  if (author.name.empty()) return invalid_request("The field \"name\" is required.");
  if (author.slug.empty()) author.slug = slug_from_title(author.name);
  if (author.slug.empty()) author.slug = lower_cased(author.id);
  if (!is_slug(author.slug)) return invalid_request("The field \"slug\" must be of a-z, 0-9 and inner hyphens.");
  const std::string& url = author.avatar_url;
  if (!url.empty() && !url.starts_with("https://") && !url.starts_with("http://") && !url.starts_with("/media"))
    return invalid_request("The field \"avatarUrl\" must begin with http://, https:// or /media.");
  return {};
}

}  // namespace

Result<std::vector<model::Author>> Sites::list_authors(std::string_view account_id) {
  return meta_.read([&](meta::Session& session) { return meta::list_authors(session, account_id); });
}

Result<model::Author> Sites::create_author(std::string_view account_id, const AuthorChange& change, Instant now) {
  model::Author author;
  author.id = random_base62(kIdCharacters);
  SITEPOD_TRY(apply(author, change));
  return meta_.write([&](meta::Session& session) -> Result<model::Author> {
    if (SITEPOD_TRY(meta::list_authors(session, account_id)).size() >= kMaxAuthors)
      return invalid("quota_exceeded", "An account may have at most 1000 authors.");
    SITEPOD_TRY(meta::insert_author(session, account_id, author, now));
    return author;
  });
}

Result<model::Author> Sites::change_author(std::string_view account_id, std::string_view id,
                                           const AuthorChange& change) {
  return meta_.write([&](meta::Session& session) -> Result<model::Author> {
    std::optional<model::Author> author = SITEPOD_TRY(meta::find_author(session, account_id, id));
    if (!author) return no_such_author();
    SITEPOD_TRY(apply(*author, change));
    SITEPOD_TRY(meta::update_author(session, *author));
    return *std::move(author);
  });
}

Result<void> Sites::delete_author(std::string_view account_id, std::string_view id) {
  return meta_.write([&](meta::Session& session) -> Result<void> {
    if (!SITEPOD_TRY(meta::find_author(session, account_id, id))) return no_such_author();
    return meta::delete_author(session, account_id, id);
  });
}

}  // namespace sitepod::content
