#include "manuscript/page_file.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "model/page_fields.hpp"

namespace sitepod::manuscript {
namespace {

constexpr std::size_t kMaxSlug = 100;

// Names that other tools give to the same things.
struct Synonym {
  std::string_view name, field;
};
constexpr Synonym kSynonyms[] = {
    {"date", "publishedAt"}, {"weight", "order"}, {"lang", "language"}, {"type", "contentType"}};

std::string_view api_name(std::string_view name) {
  for (const Synonym& each : kSynonyms)
    if (each.name == name) return each.field;
  return name;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t\r"), text.size());
  const std::size_t last = text.find_last_not_of(" \t\r");
  return last == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

std::string lower_cased(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::optional<bool> flag_of(std::string_view text) {
  const std::string word = lower_cased(text);
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

// "2026-01-31" and "2026-01-31 09:30" as people write dates → RFC 3339; in UTC where no zone is given.
std::string full_date(std::string_view text) {
  std::string out(trimmed(text));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (out.size() == 10 && out[4] == '-' && out[7] == '-') return out + "T00:00:00Z";
  if (out.size() < 16 || (out[10] != ' ' && out[10] != 'T' && out[10] != 't') || out[13] != ':') return out;
  out[10] = 'T';
  if (out.size() == 16 || !(out[16] == ':')) out.insert(16, ":00");
  out.erase(std::remove(out.begin(), out.end(), ' '), out.end());
  return is_digit(out.back()) && out.find_first_of("+-", 19) == std::string::npos ? out + "Z" : out;
}

class Reading {
 public:
  Reading(std::string_view path, std::string_view text) : path_(path), text_(text) {}

  PageFile run() {
    Result<FrontMatter> front = read_front_matter(text_);
    if (!front.ok()) {
      std::uint32_t line = 0;
      for (const auto& [name, value] : front.error().details)
        if (name == "line") std::from_chars(value.data(), value.data() + value.size(), line);
      out_.errors.push_back({line, front.error().message});
      return std::move(out_);
    }
    for (const Field& field : front->fields) take(field);
    out_.body_line = front->body_line;
    page().content = std::string(text_.substr(front->body_offset));
    complete_from_path();
    if (!page().title) page().title = title_of_body();
    return std::move(out_);
  }

 private:
  model::PageChange& page() { return out_.page; }
  void fail(const Field& field, std::string_view wanted) {
    out_.errors.push_back({field.line, fmt::format("{} must be {}", field.name, wanted)});
  }

  // ---- fields -----------------------------------------------------------------------------------------------------
  void take(const Field& field) {
    const std::string_view name = api_name(field.name);
    if (!is_known(name)) {
      out_.warnings.push_back(
          {field.line, fmt::format("the field {} has no meaning here and is left out", field.name)});
      return;
    }
    if (field.is_empty) return;
    if (out_.line_of(name) != 0) return fail(field, fmt::format("left out: {} is given already", name));
    out_.field_lines.emplace_back(name, field.line);
    if (name == model::kOrderField) return take_order(field);
    for (const model::ListField& list : model::kListFields)
      if (list.name == name) return take_list(field, page().*list.field);
    if (field.kind != Field::Kind::Text) return fail(field, "a single value");
    for (const model::TextField& text : model::kTextFields)
      if (text.name == name) page().*text.field = name == "publishedAt" ? full_date(field.text) : field.text;
    for (const model::FlagField& flag : model::kFlagFields)
      if (flag.name == name && !(page().*flag.field = flag_of(field.text))) fail(field, "true or false");
    for (std::size_t i = 0; i < model::kSwitches; ++i)
      if (model::to_string(static_cast<model::Switch>(i)) == name) take_switch(field, page().switches[i]);
  }
  static bool is_known(std::string_view name) {
    if (name == "content") return false;  // stands below
    const auto is_same = [&](const auto& each) { return each.name == name; };
    if (name == model::kOrderField ||
        std::any_of(std::begin(model::kTextFields), std::end(model::kTextFields), is_same) ||
        std::any_of(std::begin(model::kFlagFields), std::end(model::kFlagFields), is_same) ||
        std::any_of(std::begin(model::kListFields), std::end(model::kListFields), is_same))
      return true;
    for (std::size_t i = 0; i < model::kSwitches; ++i)
      if (model::to_string(static_cast<model::Switch>(i)) == name) return true;
    return false;
  }
  void take_order(const Field& field) {
    std::int64_t number = 0;
    const char* end = field.text.data() + field.text.size();
    const auto [stop, error] = std::from_chars(field.text.data(), end, number);
    if (field.kind != Field::Kind::Text || error != std::errc() || stop != end) return fail(field, "a whole number");
    page().order = number;
  }
  void take_switch(const Field& field, std::optional<std::string>& value) {
    const std::optional<bool> flag = flag_of(field.text);
    if (!flag && field.text != "inherit") return fail(field, "true, false or inherit");
    value = flag ? (*flag ? "true" : "false") : "inherit";
  }
  // Also "a, b" in one text, as some editors write tags.
  void take_list(const Field& field, std::optional<std::vector<std::string>>& list) {
    if (field.kind == Field::Kind::Other) return fail(field, "a list of texts");
    list.emplace();
    const bool is_aliases = &list == &page().aliases;
    for (std::string_view rest = field.text; !rest.empty();) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      if (const std::string_view item = trimmed(rest.substr(0, end)); !item.empty()) list->emplace_back(item);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    for (const std::string& item : field.items) list->push_back(item);
    if (!is_aliases) return;
    // Note-taking tools keep other names of a note here, which are no addresses.
    const auto is_name = [](const std::string& item) { return !item.starts_with('/'); };
    if (std::any_of(list->begin(), list->end(), is_name))
      out_.warnings.push_back({field.line, "aliases that do not begin with / are no addresses and are left out"});
    std::erase_if(*list, is_name);
  }

  // ---- the place in the folder ------------------------------------------------------------------------------------
  void complete_from_path() {
    std::vector<std::string_view> folders;
    std::string_view rest = path_;
    for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
      folders.push_back(rest.substr(0, slash));
      rest.remove_prefix(slash + 1);
    }
    stem_ = rest.substr(0, rest.rfind('.'));
    bool is_index = stem_ == "index" || stem_ == "_index";
    const bool is_at_root = folders.empty();
    if (!folders.empty() && (folders.front() == "docs" || folders.front() == "blog")) {
      if (!page().content_type) page().content_type = std::string(folders.front());
      folders.erase(folders.begin());
    }
    if (!page().content_type) page().content_type = is_at_root && is_index ? "homepage" : "standalone";
    if (*page().content_type == "homepage") {
      if (!page().slug) page().slug = "index";
      if (!page().section) page().section = "";
      return;
    }
    // "about/index.md" is the page about.
    if (is_index && !folders.empty()) {
      stem_ = folders.back();
      folders.pop_back();
      is_index = false;
    }
    if (!page().slug) {
      page().slug = slug_from(stem_);
      if (page().slug->empty())
        out_.errors.push_back({0,
                               "the name of the file gives no address: name it with letters a to z and digits, or "
                               "give a slug in its front matter"});
      else if (is_index)
        out_.errors.push_back({0,
                               "the list of these pages is made by the site; give this file another name, or a slug "
                               "in its front matter"});
    }
    if (!page().section) page().section = section_of(folders);
  }
  std::string section_of(const std::vector<std::string_view>& folders) {
    const std::size_t most = *page().content_type == "standalone" ? 2 : 1;
    if (folders.size() > most)
      out_.errors.push_back({0, fmt::format("{} pages may lie in {} of folders; move the file up, or give a section in "
                                            "its front matter",
                                            *page().content_type, most == 1 ? "one level" : "two levels")});
    std::string section;
    for (const std::string_view folder : folders) {
      if (!section.empty()) section += '/';
      const std::string slug = slug_from(folder);
      // "API" keeps its letters: the site shows the section so.
      section += lower_cased(folder) == slug ? std::string(folder) : slug;
    }
    return section;
  }

  // A first heading, else the file's name.
  std::string title_of_body() const {
    std::string_view rest = *out_.page.content;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.empty()) continue;
      if (!line.starts_with("# ")) break;
      if (const std::string_view title = trimmed(line.substr(2)); !title.empty()) return std::string(title);
      break;
    }
    std::string title(stem_);
    std::replace_if(
        title.begin(), title.end(), [](char c) { return c == '-' || c == '_'; }, ' ');
    if (!title.empty() && title.front() >= 'a' && title.front() <= 'z') title.front() -= 32;
    return title.empty() ? std::string("Untitled") : title;
  }

  const std::string_view path_;
  const std::string_view text_;
  std::string_view stem_;
  PageFile out_;
};

}  // namespace

std::uint32_t PageFile::line_of(std::string_view field) const {
  for (const auto& [name, line] : field_lines)
    if (name == field) return line;
  return 0;
}

PageFile read_page_file(std::string_view path, std::string_view text) { return Reading(path, text).run(); }

std::string path_of_page(std::string_view content_type, std::string_view section, std::string_view slug) {
  if (content_type == "homepage") return "index.md";
  std::string path = content_type == "standalone" ? std::string() : std::string(content_type) + "/";
  if (!section.empty()) path.append(section).append("/");
  return path.append(slug).append(".md");
}

std::string slug_from(std::string_view text) {
  std::string slug;
  for (const char c : lower_cased(text)) {
    if (c == '\'') continue;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      slug += c;
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  slug.resize(std::min(slug.size(), kMaxSlug));
  while (slug.ends_with('-')) slug.pop_back();
  return slug;
}

}  // namespace sitepod::manuscript
