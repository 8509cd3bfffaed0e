#include "cli/page_links.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "model/page.hpp"

namespace sitepod::cli {
namespace {

using manuscript::Destination;

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "a/b" + "../c d.png" → "a/c d.png". Empty: it leaves the folder.
std::string joined_path(std::string_view folder, std::string_view relative) {
  std::vector<std::string_view> segments;
  for (std::string_view part : {folder, relative}) {
    while (!part.empty()) {
      const std::size_t end = std::min(part.find('/'), part.size());
      const std::string_view segment = part.substr(0, end);
      part.remove_prefix(std::min(end + 1, part.size()));
      if (segment.empty() || segment == ".") continue;
      if (segment != "..") {
        segments.push_back(segment);
      } else {
        if (segments.empty()) return {};
        segments.pop_back();
      }
    }
  }
  std::string out;
  for (const std::string_view segment : segments) out.append(out.empty() ? "" : "/").append(segment);
  return out;
}

// A path of the folder may stand here: no scheme, no other host, not only a fragment.
bool is_local(std::string_view written) {
  if (written.empty() || written.front() == '#' || written.front() == '?' || written.starts_with("//")) return false;
  const std::size_t end = written.find_first_of(":/?#");
  return end == std::string_view::npos || written[end] != ':';
}

struct Target {
  std::string path;         // as it would be in the folder
  std::string_view suffix;  // "#part" and "?query"
};
Target target_of(const LocalPage& page, const Destination& destination) {
  const std::size_t end = std::min(destination.written.find_first_of("?#"), destination.written.size());
  const std::string decoded = manuscript::percent_decoded(destination.written.substr(0, end));
  const bool is_rooted = decoded.starts_with('/');
  return {joined_path(is_rooted ? std::string_view() : folder_of(page.path), decoded), destination.written.substr(end)};
}

std::string lower_cased(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

std::string address_of(const model::PageChange& page) {
  const auto type = model::parse_content_type(*page.content_type).value_or(model::ContentType::kStandalone);
  return model::page_path(type, lower_cased(page.section.value_or("")), page.slug.value_or(""));
}

}  // namespace

bool is_page_path(std::string_view path) {
  const std::string lower = lower_cased(std::string(path));
  return lower.ends_with(".md") || lower.ends_with(".markdown");
}

void PathIndex::add(std::string_view path) {
  const auto& [known, is_new] = paths_.emplace(path);
  if (!is_new) return;
  std::string_view& best = by_name_[std::string(name_of(path))];
  if (best.empty() || std::pair(known->size(), std::string_view(*known)) < std::pair(best.size(), best)) best = *known;
}

std::optional<std::string> PathIndex::find(const LocalPage& page, const Destination& destination) const {
  std::string path = target_of(page, destination).path;
  if (paths_.contains(path)) return path;
  if (!destination.is_embed) return std::nullopt;
  const auto found = by_name_.find(std::string(name_of(destination.written)));
  return found == by_name_.end() ? std::nullopt : std::optional(std::string(found->second));
}

std::vector<std::string> media_of(const LocalPage& page, const PathIndex& files) {
  std::vector<std::string> media;
  manuscript::replace_destinations(*page.page().content, [&](const Destination& each) -> std::optional<std::string> {
    if (!is_local(each.written)) return std::nullopt;
    if (auto found = files.find(page, each); found && !is_page_path(*found)) media.push_back(*std::move(found));
    return std::nullopt;
  });
  return media;
}

std::vector<std::string> linked_pages_of(const LocalPage& page, const tree::FileList& files) {
  PathIndex index;
  for (std::size_t i = 0; i < files.size(); ++i)
    if (is_page_path(files[i].path) && files[i].path != page.path) index.add(files[i].path);
  std::vector<std::string> linked;
  manuscript::replace_destinations(*page.page().content, [&](const Destination& each) -> std::optional<std::string> {
    if (!is_local(each.written) || each.is_embed) return std::nullopt;
    if (auto found = index.find(page, each); found && std::find(linked.begin(), linked.end(), *found) == linked.end())
      linked.push_back(*std::move(found));
    return std::nullopt;
  });
  return linked;
}

std::vector<manuscript::Notice> missing_of(const LocalPage& page, const PathIndex& files) {
  std::vector<manuscript::Notice> missing;
  manuscript::replace_destinations(*page.page().content, [&](const Destination& each) -> std::optional<std::string> {
    if (!is_local(each.written) || each.written.starts_with('/')) return std::nullopt;
    const std::string path = target_of(page, each).path;
    const bool looks_like_file = path.empty() || name_of(path).find('.') != std::string_view::npos;
    if (looks_like_file && !files.find(page, each))
      missing.push_back(
          {page.file.body_line + each.line - 1, fmt::format("\"{}\" leads to no file of the folder", each.written)});
    return std::nullopt;
  });
  return missing;
}

void replace_links(PageFolder& folder) {
  PathIndex paths;
  std::unordered_map<std::string, std::string> addresses;
  const auto add = [&](const std::string& path, std::string address) {
    paths.add(path);
    addresses.emplace(path, std::move(address));
  };
  for (const LocalPage& page : folder.pages) add(page.path, address_of(page.page()));
  for (const LocalPage& page : folder.neighbours) add(page.path, address_of(page.page()));
  for (const LocalMedia& media : folder.media)
    add(media.path, media.url.empty() ? "file:" + manuscript::percent_encoded(media.path) : media.url);
  for (LocalPage& page : folder.pages) {
    const auto choose = [&](const Destination& each) -> std::optional<std::string> {
      if (!is_local(each.written)) return std::nullopt;
      const std::optional<std::string> found = paths.find(page, each);
      if (!found || (each.is_embed && is_page_path(*found))) return std::nullopt;
      std::string address = addresses.at(*found) + std::string(target_of(page, each).suffix);
      return each.is_bracketed ? "<" + address + ">" : address;
    };
    page.page().content = manuscript::replace_destinations(*page.page().content, choose);
  }
}

}  // namespace sitepod::cli
