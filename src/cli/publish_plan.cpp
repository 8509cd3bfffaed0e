#include "cli/publish_plan.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/time.hpp"
#include "model/page_fields.hpp"

namespace sitepod::cli {
namespace {

using model::PageChange;

// Who a page is; compared by page_key().
bool is_key(std::string_view name) {
  return name == "contentType" || name == "section" || name == "slug" || name == "id";
}
// Nobody who leaves these out means to take them away.
bool stays(std::string_view name) {
  return name == "publishedAt" || name == "password" || name == "title" || name == "content";
}

// As the server keeps tags.
std::vector<std::string> normalised(const std::vector<std::string>& tags) {
  std::vector<std::string> out;
  for (const std::string& tag : tags) {
    std::string name;
    for (const char c : tag) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const std::size_t first = std::min(name.find_first_not_of(" \t"), name.size());
    name = name.substr(first, name.find_last_not_of(" \t") + 1 - first);
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(std::move(name));
  }
  return out;
}

// The server tells whole seconds.
bool is_same_date(const std::string& one, const std::string& other) {
  const auto a = parse_rfc3339(one), b = parse_rfc3339(other);
  return a && b && a->unix_ms / 1000 == b->unix_ms / 1000;
}

bool is_same_text(std::string_view name, const std::string& wanted, const api::RemotePage& remote) {
  if (name == "content") return sha256(wanted).hex() == remote.content_hash;
  for (const model::TextField& each : model::kTextFields)
    if (each.name == name) {
      const std::string is = (remote.fields.*each.field).value_or("");
      return wanted == is || (name == "publishedAt" && is_same_date(wanted, is));
    }
  return false;
}

class Comparing {
 public:
  Comparing(const PageChange& local, const api::RemotePage& remote) : local_(local), remote_(remote) {}

  // Nothing of the page is different: no fields.
  PageToSend run() {
    out_.change.content_type = local_.content_type;
    out_.change.section = local_.section;
    out_.change.slug = local_.slug;
    out_.change.id = local_.id;
    if (local_.id && page_key(local_) != page_key(remote_.fields)) out_.fields.push_back("address");
    for (const model::TextField& each : model::kTextFields)
      if (!is_key(each.name)) compare_text(each);
    for (const model::FlagField& each : model::kFlagFields) {
      const bool wanted = (local_.*each.field).value_or(false);
      if (wanted != (remote_.fields.*each.field).value_or(false)) set(each.name, each.field, wanted);
    }
    compare_lists();
    if (local_.order && local_.order != remote_.fields.order)
      set(model::kOrderField, &PageChange::order, *local_.order);
    for (std::size_t i = 0; i < model::kSwitches; ++i) {
      const std::string wanted = local_.switches[i].value_or("inherit");
      if (wanted == remote_.fields.switches[i].value_or("inherit")) continue;
      out_.change.switches[i] = wanted;
      out_.fields.emplace_back(model::to_string(static_cast<model::Switch>(i)));
    }
    return std::move(out_);
  }

 private:
  template <typename T>
  void set(std::string_view name, std::optional<T> PageChange::*field, T value) {
    out_.change.*field = std::move(value);
    out_.fields.emplace_back(name);
  }
  void compare_text(const model::TextField& each) {
    const std::optional<std::string>& value = local_.*each.field;
    // Its hash is not told, so that nobody can see whether it is the same.
    if (each.name == "password") {
      if (value && (!value->empty() || remote_.has_password)) set(each.name, each.field, *value);
      return;
    }
    if (!value && stays(each.name)) return;
    if (!is_same_text(each.name, value.value_or(""), remote_)) set(each.name, each.field, value.value_or(""));
  }
  void compare_lists() {
    if (const auto tags = local_.tags.value_or(std::vector<std::string>());
        normalised(tags) != remote_.fields.tags.value_or(std::vector<std::string>()))
      set("tags", &PageChange::tags, tags);
    if (local_.aliases && local_.aliases != remote_.fields.aliases)
      set("aliases", &PageChange::aliases, *local_.aliases);
  }

  const PageChange& local_;
  const api::RemotePage& remote_;
  PageToSend out_;
};

}  // namespace

PublishPlan plan_publish(const PageFolder& folder, const std::vector<api::RemotePage>& remote) {
  PublishPlan plan;
  std::unordered_map<std::string, const api::RemotePage*> by_key, by_id;
  for (const api::RemotePage& page : remote) {
    by_key.emplace(page_key(page.fields), &page);
    by_id.emplace(page.fields.id.value_or(""), &page);
    plan.newest_change = std::max(plan.newest_change, page.updated_at);
  }
  std::unordered_map<const api::RemotePage*, bool> met;
  for (std::size_t i = 0; i < folder.pages.size(); ++i) {
    const PageChange& local = folder.pages[i].page();
    const auto found = local.id ? by_id.find(*local.id) : by_key.find(page_key(local));
    if (found == (local.id ? by_id.end() : by_key.end())) {
      plan.pages.push_back({i, true, local, {}});
      continue;
    }
    met[found->second] = true;
    PageToSend page = Comparing(local, *found->second).run();
    page.local = i;
    if (page.fields.empty())
      ++plan.unchanged;
    else
      plan.pages.push_back(std::move(page));
  }
  for (const api::RemotePage& page : remote)
    if (!met.contains(&page)) plan.gone.push_back(page.fields);
  return plan;
}

}  // namespace sitepod::cli
