#include "content/page_targets.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace sitepod::content {
namespace {

using model::ContentType;
using model::PageChange;

constexpr std::string_view kHomepageSlug = "index";

std::string key_text(ContentType type, std::string_view section, std::string_view slug) {
  std::string key(model::to_string(type));
  key.append(":").append(section).append(":").append(slug);
  return key;
}

// A title of spaces would leave the page without a name in every list.
bool is_blank(std::string_view title) { return title.find_first_not_of(' ') == std::string_view::npos; }

// A request of no more is looked at page by page.
constexpr std::size_t kFewPages = 16;
constexpr std::ptrdiff_t kNobody = PTRDIFF_MAX;
constexpr std::ptrdiff_t kStoredBefore = -1;

}  // namespace

void refuse(SaveOutcome& outcome, std::size_t page, std::string field, std::string message) {
  FieldErrors& errors = outcome.refused[page];
  for (const auto& [name, text] : errors)
    if (name == field) return;
  errors.emplace_back(std::move(field), std::move(message));
}

bool has_fault(const SaveOutcome& outcome, std::size_t page, std::string_view field) {
  const auto found = outcome.refused.find(page);
  if (found == outcome.refused.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const auto& each) { return each.first == field; });
}

void PageTargets::refuse(std::size_t page, std::string field, std::string message) {
  content::refuse(outcome_, page, std::move(field), std::move(message));
}

Result<void> PageTargets::choose() {
  SITEPOD_TRY(load_keys());
  SITEPOD_TRY(choose_deletions());
  targets_.resize(request_.pages.size());
  for (std::size_t i = 0; i < targets_.size(); ++i) choose_target(i);
  claim_keys();
  check_neighbours();
  return {};
}

Result<void> PageTargets::load_keys() {
  if (SITEPOD_TRY(load_standing_keys())) return {};
  return meta::each_page_key(session_, project_.id, [&](meta::PageKey key) { take_key(std::move(key)); });
}

void PageTargets::take_key(meta::PageKey key) {
  const meta::PageKey& row = rows_.emplace_back(std::move(key));
  ids_.emplace(key_text(row.content_type, row.section, row.slug), row.id);
  keys_.emplace(row.id, &row);
}

// Where a few pages change and stay where they are, no other page has a say: the keys of a large site are not read.
Result<bool> PageTargets::load_standing_keys() {
  if (request_.pages.size() > kFewPages || !request_.deletions.empty()) return false;
  std::vector<meta::PageKey> standing;
  for (const PageChange& change : request_.pages) {
    std::optional<meta::PageKey> key = SITEPOD_TRY(find_standing(change));
    if (!key) return false;
    standing.push_back(*std::move(key));
  }
  for (meta::PageKey& key : standing) take_key(std::move(key));
  return true;
}

Result<std::optional<meta::PageKey>> PageTargets::find_standing(const PageChange& change) {
  std::optional<ContentType> type;
  if (change.content_type) type = model::parse_content_type(*change.content_type);
  const std::string section = lower_cased(change.section.value_or(""));
  std::optional<meta::PageKey> row;
  if (change.id)
    row = SITEPOD_TRY(meta::find_page_key(session_, project_.id, *change.id));
  else if (type && change.slug)
    row = SITEPOD_TRY(meta::find_page_key_at(session_, project_.id, *type, section, *change.slug));
  if (!row) return row;
  const bool stays = row->content_type != ContentType::kHomepage &&
                     (!change.content_type || type == row->content_type) &&
                     (!change.section || section == row->section) && (!change.slug || *change.slug == row->slug);
  if (!stays) row.reset();
  return row;
}

// Deletions come first: a key that they free may be taken by a page of the same request.
Result<void> PageTargets::choose_deletions() {
  for (const model::PageDeletion& deletion : request_.deletions) {
    const auto type = model::parse_content_type(deletion.content_type);
    if (!type) return invalid_request("contentType of deleteSlugs must be docs, blog, standalone or homepage");
    const auto found = ids_.find(key_text(*type, lower_cased(deletion.section), deletion.slug));
    if (found == ids_.end()) continue;
    const auto key = keys_.find(found->second);
    freed_bytes_ += key->second->content_bytes;
    outcome_.deleted.push_back(deletion.slug);
    deleted_ids_.emplace_back(found->second);
    keys_.erase(key);
    ids_.erase(found);
  }
  return {};
}

// ---- which page is meant (content API §3.1) ---------------------------------------------------------------------
void PageTargets::choose_target(std::size_t i) {
  const PageChange& change = request_.pages[i];
  PageTarget& target = targets_[i];
  if (change.id) {
    const auto found = keys_.find(*change.id);
    if (found == keys_.end()) return refuse(i, "id", "there is no page with this id");
    if (!known_targets_.insert(*change.id).second) return refuse(i, "id", "this page stands twice in the request");
    target.is_known = true;
    target.before = *found->second;
    target.key = *found->second;
  }
  if (has_fault(outcome_, i, "contentType") || has_fault(outcome_, i, "slug")) return;
  if (!apply_key(i, change, target)) return;
  target.is_understood = true;
  if (change.id) return check_title(i, change, target);
  const auto found = ids_.find(key_text(target.key.content_type, target.key.section, target.key.slug));
  if (found != ids_.end()) {
    target.is_known = true;
    target.before = *keys_.at(found->second);
    target.key.id = target.before.id;
    if (!known_targets_.insert(target.before.id).second) {
      target.is_understood = false;
      return refuse(i, "slug", "another page of this request has the same address");
    }
  }
  check_title(i, change, target);
}

bool PageTargets::apply_key(std::size_t i, const PageChange& change, PageTarget& target) {
  meta::PageKey& key = target.key;
  if (change.content_type) key.content_type = *model::parse_content_type(*change.content_type);
  const bool is_homepage = key.content_type == ContentType::kHomepage;
  if (change.section)
    key.section = lower_cased(*change.section);
  else if (is_homepage)
    key.section.clear();
  if (std::string fault = fault_of_section(key.content_type, key.section); !fault.empty()) {
    refuse(i, "section", std::move(fault));
    return false;
  }
  if (is_homepage) {
    key.slug = kHomepageSlug;
    return true;
  }
  if (change.slug) {
    key.slug = *change.slug;
  } else if (key.slug.empty()) {
    key.slug = slug_from_title(change.title.value_or(""));
    if (key.slug.empty()) return refuse_without_slug(i, change);
  }
  if (key.content_type == ContentType::kStandalone && key.section.empty() && is_reserved_segment(key.slug) &&
      !(target.is_known && !target.moves())) {
    refuse(i, "slug", "this slug is a reserved word");
    return false;
  }
  return true;
}

bool PageTargets::refuse_without_slug(std::size_t i, const PageChange& change) {
  if (is_blank(change.title.value_or("")))
    refuse(i, "title", "title is required for new pages");
  else
    refuse(i, "slug", "the title has no letter a-z and no digit to make a slug of; send a slug");
  return false;
}

void PageTargets::check_title(std::size_t i, const PageChange& change, const PageTarget& target) {
  if (!target.is_known && is_blank(change.title.value_or("")))
    refuse(i, "title", "title is required for new pages");
  else if (change.title && is_blank(*change.title))
    refuse(i, "title", "title must not be empty");
}

// Moved pages leave their keys before anybody takes one.
void PageTargets::claim_keys() {
  for (const PageTarget& target : targets_)
    if (target.is_understood && target.moves())
      ids_.erase(key_text(target.before.content_type, target.before.section, target.before.slug));
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    PageTarget& target = targets_[i];
    if (!target.is_understood || (target.is_known && !target.moves())) continue;
    if (!target.is_known) target.key.id = random_uuid();
    const std::string key = key_text(target.key.content_type, target.key.section, target.key.slug);
    if (!ids_.try_emplace(key, target.key.id).second) refuse(i, "slug", "another page has this address");
  }
}

// ---- pages at the root and sections share the first segment of addresses (content API §3.3) ----------------------
void PageTargets::check_neighbours() {
  struct Standing {
    std::ptrdiff_t slug = kNobody, section = kNobody;
  };
  std::unordered_map<std::string, Standing> standing;
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (targets_[i].is_understood && !has_fault(outcome_, i, "slug")) places.emplace(targets_[i].key.id, i);
  const auto note = [&](const meta::PageKey& key, std::ptrdiff_t place) {
    if (key.content_type != ContentType::kStandalone) return;
    Standing& at = standing[std::string(key.section.empty() ? key.slug : first_segment(key.section))];
    std::ptrdiff_t& mark = key.section.empty() ? at.slug : at.section;
    mark = mark == kNobody ? place : std::min(mark, place);
  };
  for (const auto& [id, key] : keys_)
    if (!places.contains(id)) note(*key, kStoredBefore);
  for (const auto& [id, place] : places) note(targets_[place].key, static_cast<std::ptrdiff_t>(place));
  for (const auto& [id, place] : places) {
    const meta::PageKey& key = targets_[place].key;
    if (key.content_type != ContentType::kStandalone) continue;
    if (targets_[place].is_known && !targets_[place].moves()) continue;
    const auto me = static_cast<std::ptrdiff_t>(place);
    const Standing& at = standing.at(std::string(key.section.empty() ? key.slug : first_segment(key.section)));
    if (key.section.empty() && at.section != kNobody && at.section < me)
      refuse(place, "slug", "a section of the site has this name");
    if (!key.section.empty() && at.slug != kNobody && at.slug < me)
      refuse(place, "section", "a page at the root of the site has this name");
  }
}

}  // namespace sitepod::content
