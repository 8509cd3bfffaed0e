// One batch of pages: what is wrong, then rows. Everything that depends on the site is looked at in the transaction
// that writes.
#include <algorithm>
#include <set>

#include "content/file_references.hpp"
#include "content/page_targets.hpp"
#include "content/pages.hpp"
#include "meta/sites.hpp"

namespace sitepod::content {
namespace {

using model::ContentType;
using model::PageChange;

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
        now_(now),
        targets_(session, project, request, outcome_) {}

  Result<SaveOutcome> run() {
    outcome_.refused = prepared_.field_errors;
    SITEPOD_TRY(targets_.choose());
    SITEPOD_TRY(check_authors());
    if (!outcome_.refused.empty()) return refused();
    if (request_.only_new)
      for (const PageTarget& target : targets_)
        if (target.is_known) {
          outcome_.existing = target.before;
          return refused();
        }
    if (!prepared_.unresolved.empty()) {
      outcome_.unresolved = prepared_.unresolved;
      return refused();
    }
    SITEPOD_TRY(check_storage());
    SITEPOD_TRY(write());
    return std::move(outcome_);
  }

 private:
  SaveOutcome refused() {
    outcome_.pages.clear();
    outcome_.deleted.clear();
    return std::move(outcome_);
  }

  Result<void> check_authors() {
    std::optional<std::set<std::string>> authors;
    for (std::size_t i = 0; i < request_.pages.size(); ++i) {
      const std::string author = request_.pages[i].author_id.value_or("");
      if (author.empty() || has_fault(outcome_, i, "authorId")) continue;
      if (!authors) {
        authors.emplace();
        for (const model::Author& each : SITEPOD_TRY(meta::list_authors(session_, project_.owner_id)))
          authors->insert(each.id);
      }
      if (!authors->contains(author)) refuse(outcome_, i, "authorId", "there is no author with this id");
    }
    return {};
  }

  // A request that makes it less is always taken.
  Result<void> check_storage() {
    std::uint64_t added = 0;
    std::uint64_t freed = targets_.freed_bytes();
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      if (!request_.pages[i].content) continue;
      added += prepared_.texts[i].size();
      if (targets_[i].is_known) freed += targets_[i].before.content_bytes;
    }
    for (const meta::Media& media : request_.media) added += media.size;
    if (added <= freed) return {};
    const auto used = static_cast<std::uint64_t>(SITEPOD_TRY(meta::count_content_bytes(session_, project_.owner_id)));
    if (used + added - freed > storage_limit_) return storage_quota_exceeded(storage_limit_);
    return {};
  }

  // ---- rows ---------------------------------------------------------------------------------------------------------
  Result<void> write() {
    for (const meta::Media& media : request_.media) SITEPOD_TRY(meta::upsert_media(session_, project_.id, media));
    for (const std::string& id : targets_.deleted_ids()) SITEPOD_TRY(meta::delete_page(session_, id));
    for (const PageTarget& target : targets_)
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
    SITEPOD_TRY(meta::save_page(session_, project_.id, page));
    answer(page, true);
    return {};
  }

  Result<void> update(std::size_t i) {
    const PageTarget& target = targets_[i];
    // A text of another length is another text, whatever the one before said.
    const bool is_longer_or_shorter =
        request_.pages[i].content && prepared_.texts[i].size() != target.before.content_bytes;
    const bool need_no_text = !request_.pages[i].content || is_longer_or_shorter;
    std::optional<model::Page> before = SITEPOD_TRY(
        meta::find_page(session_, project_.id, target.key.id, need_no_text ? meta::WithText::No : meta::WithText::Yes));
    if (!before) return internal("page " + target.key.id + " vanished within its transaction");
    // As it was before its key was parked.
    before->slug = target.before.slug;
    model::Page page = *before;
    merge(i, page);
    if (is_longer_or_shorter || page != *before) {
      page.updated_at = timestamp_of(now_);
      const bool has_new_text = is_longer_or_shorter || page.content != before->content;
      SITEPOD_TRY(meta::save_page(session_, project_.id, page,
                                  has_new_text ? std::nullopt : std::optional(target.before.content_bytes)));
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
  void note_names(const PageChange& change, const PageTarget& target) {
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

  meta::Session& session_;
  const meta::Project& project_;
  const SaveRequest& request_;
  const Prepared& prepared_;
  const std::uint64_t storage_limit_;
  const Instant now_;

  SaveOutcome outcome_;
  PageTargets targets_;
  std::map<std::pair<meta::NameKind, std::string>, std::string> names_;
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

Result<SaveOutcome> Pages::save(const meta::Project& project, SaveRequest request, Instant now, const Also& also) {
  const Prepared prepared = SITEPOD_TRY(prepare(request, hash_password_));
  return meta_.write([&](meta::Session& session) -> Result<SaveOutcome> {
    SaveOutcome outcome = SITEPOD_TRY(Saving(session, project, request, prepared, storage_limit_, now).run());
    if (also && outcome.is_saved()) SITEPOD_TRY(also(session));
    return outcome;
  });
}

}  // namespace sitepod::content
