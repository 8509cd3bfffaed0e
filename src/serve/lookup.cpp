#include "serve/lookup.hpp"

#include <cstring>

#include "http/syntax.hpp"
#include "http/target.hpp"
#include "serve/site_rules.hpp"

namespace sitepod::serve {
namespace {

constexpr std::string_view kIndexPage = "index.html";
constexpr std::string_view kErrorPage = "404.html";
constexpr std::string_view kShellPage = "200.html";

bool names_a_folder(std::string_view path) { return path.empty() || path.back() == '/'; }

// In whatever case its owner wrote it.
bool is_html(std::string_view media_type) {
  const auto is = [&](std::string_view name) {
    return media_type.size() >= name.size() && http::equal_ignoring_case(media_type.substr(0, name.size()), name);
  };
  return is("text/html") || is("application/xhtml+xml");
}

bool is_capital_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_base64url(char c) { return is_capital_or_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_'; }

// `app.1a2b3c4d.js`, `index-DkfhJslw.css`: something like a hash between `.` or `-` and the next dot. All of `assets/`
// is sent as immutable, but `assets/logo.png` that a release leaves out is meant to be gone.
bool names_its_content(std::string_view path) {
  constexpr std::size_t kShortestHash = 8;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (std::size_t dot = name.find('.', 1); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    bool is_like_a_hash = false;
    for (std::size_t start = dot; start > 1 && is_base64url(name[start - 1]);) {
      is_like_a_hash |= is_capital_or_digit(name[--start]);
      const bool is_apart = name[start - 1] == '.' || name[start - 1] == '-';
      if (is_apart && is_like_a_hash && dot - start >= kShortestHash) return true;
    }
  }
  return false;
}

// A chunk of an earlier image that a page still open in some browser asks for. What was sent as immutable has a name
// that changes with its bytes, so it is the same for ever; HTML must not come back from the past. What the site has
// beside its images is in the live index, or no more.
Found find_recent(const SiteView& view, std::string_view path) {
  if (view.recent.empty() || !names_its_content(path)) return {};
  for (const auto& index : view.recent)
    if (auto file = index->find(path); file && file->immutable() && !file->of_site() && !is_html(file->media_type()))
      return {Found::Kind::File, file, index.get()};
  return {};
}

// A page that asks for a password is nobody's shell.
std::optional<IndexEntry> find_open(const SiteIndex& index, std::string_view path) {
  const auto page = index.find(path);
  const SiteRules* rules = index.rules();
  if (page && rules && rules->find_lock(path)) return std::nullopt;
  return page;
}

// The application's shell, for addresses that the application itself interprets. A missing script or picture must never
// get HTML, hence no fallback for names with a dot and for requests that are no navigation.
Found find_shell(const SiteIndex& index, std::string_view path, IsNavigation is_navigation) {
  std::string_view last_segment = path.substr(path.rfind('/') + 1);
  if (is_navigation == IsNavigation::No || last_segment.find('.') != std::string_view::npos) return {};
  if (auto shell = find_open(index, kShellPage)) return {Found::Kind::Fallback, shell, &index};
  if (index.find(kErrorPage)) return {};
  if (auto shell = find_open(index, kIndexPage)) return {Found::Kind::Fallback, shell, &index};
  return {};
}

// The nearest 404.html up the tree. The walk begins no deeper than the deepest one there is, so that a path of
// thousands of slashes costs no more than the site's own depth.
Found find_error_page(const SiteIndex& index, LookupPath& path) {
  std::string_view folder = path.view().substr(0, path.view().rfind('/') + 1);
  while (!folder.empty()) {
    if (folder.size() + kErrorPage.size() <= index.longest_error_page_path())
      if (auto page = index.find(path.with_ending(folder.size(), kErrorPage)))
        return {Found::Kind::ErrorPage, page, &index};
    folder.remove_suffix(1);
    folder = folder.substr(0, folder.rfind('/') + 1);
  }
  if (auto page = index.find(kErrorPage)) return {Found::Kind::ErrorPage, page, &index};
  return {};
}

}  // namespace

bool LookupPath::decode(std::string_view encoded) {
  auto decoded = http::decode_path(encoded, buffer_);
  if (!decoded) return false;
  path_ = *decoded;
  // What was decoded lies in the buffer behind its slash; it moves to the front, where endings are put behind it.
  if (path_.data() == buffer_.data()) {
    in_buffer_ = path_.size() - 1;
    std::memmove(buffer_.data(), buffer_.data() + 1, in_buffer_);
    path_ = {buffer_.data(), in_buffer_};
  } else {
    in_buffer_ = 0;
    path_.remove_prefix(1);
  }
  return path_.size() <= http::kMaxTargetBytes;
}

std::string_view LookupPath::with_ending(std::size_t length, std::string_view ending) {
  if (in_buffer_ < length && path_.data() != buffer_.data()) std::memcpy(buffer_.data(), path_.data(), length);
  in_buffer_ = length;
  std::memcpy(buffer_.data() + length, ending.data(), ending.size());
  return {buffer_.data(), length + ending.size()};
}

Found find_page(const SiteView& view, LookupPath& path) {
  const SiteIndex& index = *view.index;
  const std::size_t length = path.view().size();
  if (names_a_folder(path.view())) {
    if (auto page = index.find(path.with_ending(length, kIndexPage))) return {Found::Kind::File, page, &index};
    // `/about/` where `about.html` is: people write both, and the shell of an application must not hide a page.
    if (length < 2 || path.view()[length - 2] == '/') return {};
    const bool is_page = index.find(path.with_ending(length - 1, ".html")).has_value();
    path.with_ending(length - 1, "/");  // again what was asked for
    return is_page ? Found{Found::Kind::ToPage, {}, &index} : Found{};
  }
  if (auto file = index.find(path.view())) return {Found::Kind::File, file, &index};
  if (index.find(path.with_ending(length, "/index.html"))) return {Found::Kind::Redirect, {}, &index};
  if (auto page = index.find(path.with_ending(length, ".html"))) return {Found::Kind::File, page, &index};
  return {};
}

Found find_substitute(const SiteView& view, LookupPath& path, IsNavigation is_navigation) {
  if (Found recent = find_recent(view, path.view()); recent.kind != Found::Kind::Nothing) return recent;
  if (Found shell = find_shell(*view.index, path.view(), is_navigation); shell.kind != Found::Kind::Nothing)
    return shell;
  return find_error_page(*view.index, path);
}

}  // namespace sitepod::serve
