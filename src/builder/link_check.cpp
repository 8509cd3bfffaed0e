#include "builder/link_check.hpp"

#include <algorithm>
#include <unordered_set>

#include "builder/parallel.hpp"

namespace sitepod::builder {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = static_cast<char>(c | 32);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// RFC 3986 §5.2.4. Requires: path begins with "/".
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_folder = false;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    ends_in_folder = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    begin = end + 1;
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (out.empty() || ends_in_folder) out.push_back('/');
  return out;
}

bool has_scheme(std::string_view link) {
  const std::size_t end = link.find_first_of(":/?#");
  return end != std::string_view::npos && link[end] == ':';
}

bool has_anchor(const PageFacts& facts, std::string_view anchor) {
  return std::any_of(facts.headings.begin(), facts.headings.end(), [&](const Heading& h) { return h.id == anchor; });
}

// "fn:1", "fnref:1:2"
bool is_of_footnote(std::string_view anchor) { return anchor.starts_with("fn:") || anchor.starts_with("fnref:"); }

}  // namespace

// Everything that the data plane finds something at, as it looks paths up: the file, a folder's index, a page without
// its ending. Without leading slashes.
class LinkCheck::Places {
 public:
  explicit Places(std::vector<std::string> files) : files_(std::move(files)) {
    constexpr std::string_view kIndex = "index.html";
    constexpr std::string_view kPage = ".html";
    places_.reserve(files_.size() * 2);
    for (const std::string_view file : files_) {
      places_.insert(file);
      if (file == kIndex || file.ends_with("/index.html")) {
        const std::string_view folder = file.substr(0, file.size() - kIndex.size());
        places_.insert(folder);
        if (!folder.empty()) places_.insert(folder.substr(0, folder.size() - 1));
      }
      if (file.ends_with(kPage)) places_.insert(file.substr(0, file.size() - kPage.size()));
    }
  }
  // Requires: `path` begins with "/".
  bool have(std::string_view path) const { return places_.contains(path.substr(1)); }

 private:
  const std::vector<std::string> files_;
  std::unordered_set<std::string_view> places_;  // views into files_
};

LinkCheck::LinkCheck(const Site& site, const Outline& outline, const Texts& texts)
    : site_(site), outline_(outline), texts_(texts), broken_(outline.pages.size()) {}
LinkCheck::~LinkCheck() = default;

void LinkCheck::look_at_all(std::vector<std::string> files, unsigned threads) {
  places_ = std::make_unique<const Places>(std::move(files));
  for_each_number(broken_.size(), threads, [this](std::size_t i) { look_at_page(static_cast<PageNumber>(i)); });
}

void LinkCheck::look_at(std::span<const PageNumber> pages) {
  for (const PageNumber page : pages) look_at_page(page);
}

void LinkCheck::look_at_page(PageNumber page) {
  const PlacedPage& placed = outline_.pages[page];
  std::vector<BrokenLink> broken;
  for (const WrittenLink& link : texts_.facts(page).links)
    if (link.is_unresolved || is_broken(placed, link.target)) broken.push_back({placed.path, link.line, link.target});
  broken_[page] = std::move(broken);
}

bool LinkCheck::is_broken(const PlacedPage& placed, const std::string& link) const {
  // The ordinary link, without a copy.
  if (link.starts_with('/') && link.find_first_of("%?#.") == std::string::npos && places_->have(link)) return false;
  const auto target = local_target(link, placed.url, site_.base_url);
  if (!target) return false;
  if (!places_->have(*target)) return true;
  const std::size_t hash = link.find('#');
  if (hash == std::string::npos || hash + 1 == link.size() || site_.settings.allow_raw_html) return false;
  return !leads_to_heading(*target, percent_decoded(std::string_view(link).substr(hash + 1)));
}

// Only pages have headings; footnotes and "top" are not for authors to know.
bool LinkCheck::leads_to_heading(const std::string& target, const std::string& anchor) const {
  std::string path = target;
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const auto at = outline_.by_path.find(path);
  if (at == outline_.by_path.end() || outline_.pages[at->second].is_locked) return true;
  return has_anchor(texts_.facts(at->second), anchor) || is_of_footnote(anchor) || anchor == "top";
}

std::optional<std::string> local_target(std::string_view link, std::string_view page_url, std::string_view base_url) {
  if (!base_url.empty() && link.starts_with(base_url) &&
      (link.size() == base_url.size() || link[base_url.size()] == '/')) {
    link.remove_prefix(base_url.size());
    if (link.empty()) link = "/";
  }
  if (link.starts_with("//") || has_scheme(link)) return std::nullopt;
  const std::string_view path = link.substr(0, link.find_first_of("?#"));
  if (path.empty()) return std::string(page_url);
  const std::string decoded = percent_decoded(path);
  if (decoded.starts_with('/')) return without_dot_segments(decoded);
  return without_dot_segments(std::string(page_url.substr(0, page_url.rfind('/') + 1)) + decoded);
}

}  // namespace sitepod::builder
