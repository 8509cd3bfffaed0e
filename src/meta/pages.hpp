// Pages as rows, with their texts, old addresses and the display names of a site's tags and sections.
// Every function runs inside the transaction of the Session it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "meta/session.hpp"
#include "model/page.hpp"

namespace sitepod::meta {

// What identifies a page within its site, and what it weighs.
struct PageKey {
  std::string id;
  model::ContentType content_type = model::ContentType::kBlog;
  std::string section;
  std::string slug;
  std::uint64_t content_bytes = 0;
};
// All of a site, in no order.
Result<void> each_page_key(Session&, std::string_view project_id, const std::function<void(PageKey)>& each);
Result<std::optional<PageKey>> find_page_key(Session&, std::string_view project_id, std::string_view id);
Result<std::optional<PageKey>> find_page_key_at(Session&, std::string_view project_id, model::ContentType type,
                                                std::string_view section, std::string_view slug);

enum class WithText : std::uint8_t { No, Yes };
Result<std::optional<model::Page>> find_page(Session&, std::string_view project_id, std::string_view id,
                                             WithText text = WithText::Yes);
// A new page, or a new version of one. `stored_bytes`: its text is in the store already and has so many bytes; what the
// page says of it does not count. Conflict when another page has the key.
Result<void> save_page(Session&, std::string_view project_id, const model::Page&,
                       std::optional<std::uint64_t> stored_bytes = std::nullopt);
// Gives the key free for another page of the same transaction; save_page() must follow.
Result<void> park_page_key(Session&, std::string_view id);
Result<bool> delete_page(Session&, std::string_view id);

// In the order contentType, section, slug; `content_type` nothing: all.
struct PageFilter {
  std::optional<model::ContentType> content_type;
  std::int64_t limit = INT64_MAX;
  std::int64_t offset = 0;
  std::optional<std::string> slug;
  bool with_texts = false;
};
Result<void> each_page(Session&, std::string_view project_id, const PageFilter& filter,
                       const std::function<void(model::Page)>& each);
Result<std::int64_t> count_pages(Session&, std::string_view project_id, std::optional<model::ContentType> content_type);
// What find_page() yields for an id is the same as long as its revision is.
struct PageVersion {
  std::string id;
  std::int64_t revision = 0;
};
// Those that visitors may see at `now`: no drafts, nothing of the future. In the order of their ids.
Result<std::vector<PageVersion>> list_public_pages(Session&, std::string_view project_id, Instant now);

// ---- addresses ------------------------------------------------------------------------------------------------------
// The page had this address; it is its now, whoever had it before.
Result<void> insert_page_address(Session&, std::string_view project_id, std::string_view path,
                                 std::string_view page_id);
Result<void> each_page_address(Session&, std::string_view project_id,
                               const std::function<void(std::string_view path, std::string_view page_id)>& each);

// ---- display names --------------------------------------------------------------------------------------------------
enum class NameKind : std::uint8_t { kTag, kSection };
// The first one stays.
Result<void> insert_display_name(Session&, std::string_view project_id, NameKind kind, std::string_view key,
                                 std::string_view name);
using DisplayNames = std::vector<std::pair<std::string, std::string>>;
Result<DisplayNames> list_display_names(Session&, std::string_view project_id, NameKind kind);

// ---- sizes ----------------------------------------------------------------------------------------------------------
// Bytes of all texts and media of the account's sites.
Result<std::int64_t> count_content_bytes(Session&, std::string_view account_id);

}  // namespace sitepod::meta
