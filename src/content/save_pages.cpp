// One batch of pages: who is meant, what is wrong, then rows. Everything that depends on the site is looked at in the
// transaction that writes, so that two writers of one key end in one page.
#include <algorithm>
#include <set>

#include "base/random.hpp"
#include "content/file_references.hpp"
#include "content/pages.hpp"
#include "meta/sites.hpp"

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

bool has_upper_case(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  const std::size_t last = text.find_last_not_of(" \t");
  return last == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

model::Timestamp timestamp_of(Instant instant) { return model::Timestamp(std::chrono::milliseconds(instant.unix_ms)); }

// What is the same however often the transaction runs.
struct Prepared {
  std::map<std::size_t, FieldErrors> field_errors;
  std::map<std::size_t, std::size_t> unresolved;
  std::vector<std::string> texts;            // contents with their references replaced
  std::vector<std::string> password_hashes;  // empty: none given, or cleared
};

// Equal passwords of one request share a hash; of different ones a request may bring so many, because each takes
// several milliseconds of a processor and megabytes of memory.
constexpr std::size_t kMaxNewPasswords = 100;

void check_passwords(const std::vector<PageChange>& pages, Prepared& out) {
  std::set<std::string_view> different;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (!pages[i].password || pages[i].password->empty() || out.field_errors.contains(i)) continue;
    if (different.size() == kMaxNewPasswords && !different.contains(*pages[i].password))
      out.field_errors[i].emplace_back("password", "a request may set at most " + std::to_string(kMaxNewPasswords) +
                                                       " different passwords; send this page in another one");
    else
      different.insert(*pages[i].password);
  }
}

Result<void> hash_passwords(const std::vector<PageChange>& pages, const Pages::HashPassword& hash, Prepared& out) {
  std::unordered_map<std::string, std::string> known;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (!pages[i].password || pages[i].password->empty()) continue;
    auto [entry, is_new] = known.try_emplace(*pages[i].password);
    if (is_new) entry->second = SITEPOD_TRY(hash(*pages[i].password));
    out.password_hashes[i] = entry->second;
  }
  return {};
}

Result<Prepared> prepare(const SaveRequest& request, const Pages::HashPassword& hash) {
  Prepared prepared;
  prepared.texts.resize(request.pages.size());
  prepared.password_hashes.resize(request.pages.size());
  const FindFile find_file = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = request.media_urls.find(std::string(name));
    return found == request.media_urls.end() ? std::nullopt : std::optional(found->second);
  };
  for (std::size_t i = 0; i < request.pages.size(); ++i) {
    if (FieldErrors errors = check_fields(request.pages[i]); !errors.empty())
      prepared.field_errors.emplace(i, std::move(errors));
    if (!request.pages[i].content) continue;
    ReplacedReferences replaced = replace_file_references(*request.pages[i].content, find_file);
    prepared.texts[i] = std::move(replaced.text);
    if (replaced.unresolved > 0) prepared.unresolved.emplace(i, replaced.unresolved);
  }
  check_passwords(request.pages, prepared);
  if (prepared.field_errors.empty() && prepared.unresolved.empty())
    SITEPOD_TRY(hash_passwords(request.pages, hash, prepared));
  return prepared;
}

class Saving {
 public:
  Saving(meta::Session& session, const meta::Project& project, const SaveRequest& request, const Prepared& prepared,
         std::uint64_t storage_limit, Instant now)
      : session_(session),
        project_(project),
        request_(request),
        prepared_(prepared),
        storage_limit_(storage_limit),
        now_(now) {}

  Result<SaveOutcome> run() {
    outcome_.refused = prepared_.field_errors;
    SITEPOD_TRY(load_keys());
    SITEPOD_TRY(choose_deletions());
    targets_.resize(request_.pages.size());
    for (std::size_t i = 0; i < targets_.size(); ++i) choose_target(i);
    claim_keys();
    check_neighbours();
    SITEPOD_TRY(check_authors());
    if (!outcome_.refused.empty()) return refused();
    if (!prepared_.unresolved.empty()) {
      outcome_.unresolved = prepared_.unresolved;
      return refused();
    }
    SITEPOD_TRY(check_storage());
    SITEPOD_TRY(write());
    return std::move(outcome_);
  }

 private:
  // What a page of the request will be.
  struct Target {
    meta::PageKey key;           // as it will be; the id is empty for a new page
    meta::PageKey before;        // of a page that is there
    bool is_known = false;       // it is there
    bool is_understood = false;  // its key makes sense
    bool moves() const {
      return is_known &&
             (key.content_type != before.content_type || key.section != before.section || key.slug != before.slug);
    }
  };

  void refuse(std::size_t page, std::string field, std::string message) {
    FieldErrors& errors = outcome_.refused[page];
    for (const auto& [name, text] : errors)
      if (name == field) return;
    errors.emplace_back(std::move(field), std::move(message));
  }
  bool has_fault(std::size_t page, std::string_view field) const {
    const auto found = outcome_.refused.find(page);
    if (found == outcome_.refused.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(),
                       [&](const auto& each) { return each.first == field; });
  }
  SaveOutcome refused() {
    outcome_.pages.clear();
    outcome_.deleted.clear();
    return std::move(outcome_);
  }

  Result<void> load_keys() {
    return meta::each_page_key(session_, project_.id, [&](meta::PageKey key) {
      ids_.emplace(key_text(key.content_type, key.section, key.slug), key.id);
      std::string id = key.id;
      keys_.emplace(std::move(id), std::move(key));
    });
  }

  // Deletions come first: a key that they free may be taken by a page of the same request.
  Result<void> choose_deletions() {
    for (const model::PageDeletion& deletion : request_.deletions) {
      const auto type = model::parse_content_type(deletion.content_type);
      if (!type) return invalid_request("contentType of deleteSlugs must be docs, blog, standalone or homepage");
      const auto found = ids_.find(key_text(*type, lower_cased(deletion.section), deletion.slug));
      if (found == ids_.end()) continue;
      const auto key = keys_.find(found->second);
      freed_bytes_ += key->second.content_bytes;
      outcome_.deleted.push_back(deletion.slug);
      deleted_ids_.push_back(found->second);
      keys_.erase(key);
      ids_.erase(found);
    }
    return {};
  }

  // ---- which page is meant (content API §3.1) ---------------------------------------------------------------------
  void choose_target(std::size_t i) {
    const PageChange& change = request_.pages[i];
    Target& target = targets_[i];
    if (change.id) {
      const auto found = keys_.find(*change.id);
      if (found == keys_.end()) return refuse(i, "id", "there is no page with this id");
      if (!known_targets_.insert(*change.id).second) return refuse(i, "id", "this page stands twice in the request");
      target.is_known = true;
      target.before = found->second;
      target.key = found->second;
    }
    if (has_fault(i, "contentType") || has_fault(i, "slug")) return;
    if (!apply_key(i, change, target)) return;
    target.is_understood = true;
    if (change.id) return check_title(i, change, target);
    const auto found = ids_.find(key_text(target.key.content_type, target.key.section, target.key.slug));
    if (found != ids_.end()) {
      target.is_known = true;
      target.before = keys_.at(found->second);
      target.key.id = found->second;
      if (!known_targets_.insert(found->second).second) {
        target.is_understood = false;
        return refuse(i, "slug", "another page of this request has the same address");
      }
    }
    check_title(i, change, target);
  }

  bool apply_key(std::size_t i, const PageChange& change, Target& target) {
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
  bool refuse_without_slug(std::size_t i, const PageChange& change) {
    if (change.title.value_or("").empty())
      refuse(i, "title", "title is required for new pages");
    else
      refuse(i, "slug", "the title has no letter a-z and no digit to make a slug of; send a slug");
    return false;
  }
  void check_title(std::size_t i, const PageChange& change, const Target& target) {
    if (!target.is_known && change.title.value_or("").empty())
      refuse(i, "title", "title is required for new pages");
    else if (change.title && change.title->empty())
      refuse(i, "title", "title must not be empty");
  }

  // Moved pages leave their keys before anybody takes one.
  void claim_keys() {
    for (const Target& target : targets_)
      if (target.is_understood && target.moves())
        ids_.erase(key_text(target.before.content_type, target.before.section, target.before.slug));
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      Target& target = targets_[i];
      if (!target.is_understood || (target.is_known && !target.moves())) continue;
      if (!target.is_known) target.key.id = random_uuid();
      const std::string key = key_text(target.key.content_type, target.key.section, target.key.slug);
      if (!ids_.try_emplace(key, target.key.id).second) refuse(i, "slug", "another page has this address");
    }
  }

  // ---- pages at the root and sections share the first segment of addresses (content API §3.3) ----------------------
  void check_neighbours() {
    struct Standing {
      std::ptrdiff_t slug = kNobody, section = kNobody;
    };
    std::unordered_map<std::string, Standing> standing;
    std::unordered_map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < targets_.size(); ++i)
      if (targets_[i].is_understood && !has_fault(i, "slug")) places.emplace(targets_[i].key.id, i);
    const auto note = [&](const meta::PageKey& key, std::ptrdiff_t place) {
      if (key.content_type != ContentType::kStandalone) return;
      Standing& at = standing[std::string(key.section.empty() ? key.slug : first_segment(key.section))];
      std::ptrdiff_t& mark = key.section.empty() ? at.slug : at.section;
      mark = mark == kNobody ? place : std::min(mark, place);
    };
    for (const auto& [id, key] : keys_)
      if (!places.contains(id)) note(key, kStoredBefore);
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

  Result<void> check_authors() {
    std::optional<std::set<std::string>> authors;
    for (std::size_t i = 0; i < request_.pages.size(); ++i) {
      const std::string author = request_.pages[i].author_id.value_or("");
      if (author.empty() || has_fault(i, "authorId")) continue;
      if (!authors) {
        authors.emplace();
        for (const model::Author& each : SITEPOD_TRY(meta::list_authors(session_, project_.owner_id)))
          authors->insert(each.id);
      }
      if (!authors->contains(author)) refuse(i, "authorId", "there is no author with this id");
    }
    return {};
  }

  // A request that makes it less is always taken.
  Result<void> check_storage() {
    std::uint64_t added = 0;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      if (!request_.pages[i].content) continue;
      added += prepared_.texts[i].size();
      if (targets_[i].is_known) freed_bytes_ += targets_[i].before.content_bytes;
    }
    for (const meta::Media& media : request_.media) added += media.size;
    if (added <= freed_bytes_) return {};
    const auto used = static_cast<std::uint64_t>(SITEPOD_TRY(meta::count_content_bytes(session_, project_.owner_id)));
    if (used + added - freed_bytes_ > storage_limit_) return storage_quota_exceeded(storage_limit_);
    return {};
  }

  // ---- rows ---------------------------------------------------------------------------------------------------------
  Result<void> write() {
    for (const meta::Media& media : request_.media) SITEPOD_TRY(meta::upsert_media(session_, project_.id, media));
    for (const std::string& id : deleted_ids_) SITEPOD_TRY(meta::delete_page(session_, id));
    for (const Target& target : targets_)
      if (target.moves()) SITEPOD_TRY(meta::park_page_key(session_, target.key.id));
    outcome_.pages.reserve(targets_.size());
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      note_names(request_.pages[i], targets_[i]);
      SITEPOD_TRY(targets_[i].is_known ? update(i) : insert(i));
    }
    for (const auto& [kind_and_key, name] : names_)
      SITEPOD_TRY(meta::insert_display_name(session_, project_.id, kind_and_key.first, kind_and_key.second, name));
    return {};
  }

  Result<void> insert(std::size_t i) {
    model::Page page;
    page.id = targets_[i].key.id;
    page.created_at = timestamp_of(now_);
    page.updated_at = page.created_at;
    merge(i, page);
    SITEPOD_TRY(meta::insert_page(session_, project_.id, page));
    answer(page, true);
    return {};
  }

  Result<void> update(std::size_t i) {
    const Target& target = targets_[i];
    std::optional<model::Page> before = SITEPOD_TRY(meta::find_page(session_, project_.id, target.key.id));
    if (!before) return internal("page " + target.key.id + " vanished within its transaction");
    // As it was before its key was parked.
    before->slug = target.before.slug;
    model::Page page = *before;
    merge(i, page);
    if (page != *before) {
      page.updated_at = timestamp_of(now_);
      SITEPOD_TRY(meta::update_page(session_, page, page.content != before->content));
    }
    if (target.moves() && !before->draft)
      SITEPOD_TRY(meta::insert_page_address(
          session_, project_.id,
          model::page_path(target.before.content_type, target.before.section, target.before.slug), page.id));
    answer(page, false);
    return {};
  }

  void answer(const model::Page& page, bool created) {
    outcome_.pages.push_back({page.id, page.slug, page.title, page.section, page.content_type, created});
  }

  void merge(std::size_t i, model::Page& page) const {
    const PageChange& change = request_.pages[i];
    const meta::PageKey& key = targets_[i].key;
    page.content_type = key.content_type;
    page.section = key.section;
    page.slug = key.slug;
    const auto take = [](std::string& field, const std::optional<std::string>& value) {
      if (value) field = *value;
    };
    take(page.title, change.title);
    if (change.content) page.content = prepared_.texts[i];
    take(page.description, change.description);
    take(page.api_endpoint, change.api_endpoint);
    take(page.author_id, change.author_id);
    take(page.og_image_url, change.og_image_url);
    take(page.language, change.language);
    take(page.look.theme, change.theme);
    take(page.look.primary_color, change.primary_color);
    take(page.look.code_theme_light, change.code_theme_light);
    take(page.look.code_theme_dark, change.code_theme_dark);
    take(page.look.font_size, change.font_size);
    if (change.password) page.password_hash = prepared_.password_hashes[i];
    if (change.draft) page.draft = *change.draft;
    if (change.show_listings) page.show_listings = *change.show_listings;
    if (change.order) page.order = *change.order;
    if (change.tags) page.tags = normalise_tags(*change.tags);
    if (change.aliases) page.aliases = *change.aliases;
    for (std::size_t which = 0; which < model::kSwitches; ++which)
      if (const auto& value = change.switches[which])
        page.look.switches[which] = *value == "true"    ? model::SwitchValue::kTrue
                                    : *value == "false" ? model::SwitchValue::kFalse
                                                        : model::SwitchValue::kInherit;
    if (change.published_at)
      page.published_at = timestamp_of(*parse_rfc3339(*change.published_at));
    else if (!page.draft && !page.published_at)
      page.published_at = timestamp_of(now_);
  }

  // The typed form of a name counts when it says more than its lower case.
  void note_names(const PageChange& change, const Target& target) {
    if (change.tags)
      for (const std::string& tag : *change.tags)
        if (has_upper_case(tag))
          names_.try_emplace({meta::NameKind::kTag, lower_cased(trimmed(tag))}, std::string(trimmed(tag)));
    if (!change.section || target.key.section.empty()) return;
    for (std::size_t start = 0; start < change.section->size();) {
      const std::size_t end = std::min(change.section->find('/', start), change.section->size());
      const std::string segment = change.section->substr(start, end - start);
      if (has_upper_case(segment))
        names_.try_emplace({meta::NameKind::kSection, lower_cased(change.section->substr(0, end))}, segment);
      start = end + 1;
    }
  }

  static constexpr std::ptrdiff_t kNobody = PTRDIFF_MAX;
  static constexpr std::ptrdiff_t kStoredBefore = -1;

  meta::Session& session_;
  const meta::Project& project_;
  const SaveRequest& request_;
  const Prepared& prepared_;
  const std::uint64_t storage_limit_;
  const Instant now_;

  std::unordered_map<std::string, std::string> ids_;     // key → id, as it will be
  std::unordered_map<std::string, meta::PageKey> keys_;  // id → key, as it is
  std::set<std::string> known_targets_;                  // ids that the request changes
  std::vector<std::string> deleted_ids_;
  std::uint64_t freed_bytes_ = 0;
  std::vector<Target> targets_;
  std::map<std::pair<meta::NameKind, std::string>, std::string> names_;
  SaveOutcome outcome_;
};

}  // namespace

Error storage_quota_exceeded(std::uint64_t limit) {
  return {ErrorKind::Invalid,
          "storage_quota_exceeded",
          "The texts and media of this account would be more than " + std::to_string(limit) +
              " bytes. Delete pages or whole projects, or ask the operator for more.",
          {},
          {}};
}

Pages::Pages(meta::MetaStore& meta, HashPassword hash_password, std::uint64_t storage_limit)
    : meta_(meta), hash_password_(std::move(hash_password)), storage_limit_(storage_limit) {}

Result<SaveOutcome> Pages::save(const meta::Project& project, SaveRequest request, Instant now) {
  const Prepared prepared = SITEPOD_TRY(prepare(request, hash_password_));
  return meta_.write(
      [&](meta::Session& session) { return Saving(session, project, request, prepared, storage_limit_, now).run(); });
}

}  // namespace sitepod::content
