#include "cli/page_folder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "cli/page_links.hpp"
#include "media/address.hpp"
#include "tree/hash_files.hpp"
#include "tree/scan.hpp"

namespace sitepod::cli {
namespace {

// Far beyond what the server takes, so that it is the server who says what is too long.
constexpr std::uint64_t kMaxFileBytes = 8 << 20;

std::string place(std::string_view path, std::uint32_t line) {
  return line == 0 ? tree::printable(path) : fmt::format("{}:{}", tree::printable(path), line);
}

std::string lower_cased(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

class Loading {
 public:
  Loading(Context& context, std::string directory) : context_(context) { folder_.root = std::move(directory); }

  Result<PageFolder> run() {
    context_.console.step("Reading " + folder_.root);
    tree::ScanResult scanned = SITEPOD_TRY(scan());
    for (std::size_t i = 0; i < scanned.files.size(); ++i)
      if (is_page_path(scanned.files[i].path)) SITEPOD_TRY(load(scanned.files[i].path, scanned.files[i].path));
    check_keys();
    SITEPOD_TRY(find_media(scanned.files));
    return finish();
  }
  // `path`: instead of the file's name. Media lie beside the file, whatever place it stands for.
  Result<PageFolder> run_file(const std::string& name, std::string_view path) {
    SITEPOD_TRY(load(name, path.empty() ? std::string_view(name) : path));
    const tree::ScanResult scanned = SITEPOD_TRY(scan());
    SITEPOD_TRY(find_media(scanned.files));
    const bool is_elsewhere = !path.empty() && path != name;
    if (!folder_.pages.empty())
      for (const std::string& each : linked_pages_of(folder_.pages.front(), scanned.files))
        load_neighbour(each, is_elsewhere ? std::string(path.substr(0, path.rfind('/') + 1)) + each : each);
    return finish();
  }
  Result<PageFolder> run_text(std::string_view text, std::string_view path) {
    take(path, path, text);
    return finish();
  }

 private:
  Result<tree::ScanResult> scan() {
    tree::IgnoreRules rules;
    for (const std::string& pattern : tree::IgnoreRules::default_patterns()) rules.add_line(pattern);
    tree::ScanResult scanned = SITEPOD_TRY(tree::scan(folder_.root, std::move(rules)));
    for (const tree::Skipped& one : scanned.skipped)
      context_.console.detail("left out " + tree::printable(one.path) + ": " + std::string(tree::describe(one.reason)));
    return scanned;
  }
  Result<PageFolder> finish() {
    if (errors_ > 0)
      return invalid("invalid_pages", fmt::format("{} of the folder must be mended first; nothing was sent.",
                                                  errors_ == 1 ? "One thing" : human_count(errors_) + " things"));
    if (folder_.pages.empty()) return invalid_request("There are no pages (.md) in " + folder_.root + ".");
    context_.console.done(
        fmt::format("{} pages, {} media files", human_count(folder_.pages.size()), human_count(folder_.media.size())));
    return std::move(folder_);
  }
  void warn(std::string_view path, std::uint32_t line, std::string_view message) {
    folder_.warnings.push_back(place(path, line) + ": " + std::string(message));
    context_.console.warn(folder_.warnings.back());
  }
  void fail(std::string_view path, std::uint32_t line, std::string_view message) {
    ++errors_;
    context_.console.fail(place(path, line) + ": " + std::string(message));
  }

  // `place`: what says which page it is; a file's own path as a rule.
  Result<void> load(std::string_view path, std::string_view place) {
    auto text = read_file(folder_.full_path(path), kMaxFileBytes);
    if (!text.ok())
      return invalid("unreadable",
                     "The file " + tree::printable(path) + " cannot be read: " + text.error().context + ".");
    take(path, place, *text);
    return {};
  }
  // Only its address counts, so its mistakes are not told; one without an address is no neighbour.
  void load_neighbour(const std::string& path, const std::string& place) {
    const auto text = read_file(folder_.full_path(path), kMaxFileBytes);
    if (!text.ok()) return;
    LocalPage page{path, manuscript::read_page_file(place, *text), {}};
    if (page.file.errors.empty()) folder_.neighbours.push_back(std::move(page));
  }
  void take(std::string_view path, std::string_view place, std::string_view text) {
    LocalPage page{std::string(path), manuscript::read_page_file(place, text), {}};
    for (const manuscript::Notice& each : page.file.warnings) warn(path, each.line, each.message);
    for (const manuscript::Notice& each : page.file.errors) fail(path, each.line, each.message);
    if (page.file.errors.empty()) folder_.pages.push_back(std::move(page));
  }

  void check_keys() {
    std::unordered_map<std::string, const LocalPage*> seen;
    for (const LocalPage& page : folder_.pages)
      if (const auto [other, is_new] = seen.try_emplace(page_key(page.page()), &page); !is_new)
        fail(page.path, page.file.line_of("slug"),
             fmt::format("{} is the address of {} too; give one of them another slug", page_label(page.page()),
                         tree::printable(other->second->path)));
  }

  Result<void> find_media(const tree::FileList& files) {
    PathIndex index;
    std::unordered_map<std::string_view, const tree::File*> by_path;
    for (std::size_t i = 0; i < files.size(); ++i) {
      index.add(files[i].path);
      by_path.emplace(files[i].path, &files[i]);
    }
    std::unordered_map<std::string, std::size_t> places;
    tree::FileList used(folder_.root);
    for (LocalPage& page : folder_.pages) {
      for (const std::string& path : media_of(page, index)) {
        const auto [at, is_new] = places.try_emplace(path, places.size());
        if (is_new) used.add(path, by_path.at(path)->stamp);
        if (std::find(page.media.begin(), page.media.end(), at->second) == page.media.end())
          page.media.push_back(at->second);
      }
      for (const manuscript::Notice& each : missing_of(page, index)) warn(page.path, each.line, each.message);
    }
    tree::HashCache cache(context_.paths().hash_cache, now());
    SITEPOD_TRY(tree::hash_files(used, {0, &cache, &interruption()}));
    if (auto saved = cache.save(); !saved.ok())
      context_.console.detail("the hash cache was not saved: " + saved.error().context);
    for (std::size_t i = 0; i < used.size(); ++i)
      folder_.media.push_back({std::string(used[i].path), used[i].stamp.size, used.digests(i).sha256, {}});
    return {};
  }

  Context& context_;
  PageFolder folder_;
  std::size_t errors_ = 0;
};

}  // namespace

Result<PageFolder> load_page_folder(Context& context, const std::string& directory) {
  std::string root = directory;
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  return Loading(context, std::move(root)).run();
}

Result<PageFolder> load_page_file(Context& context, const std::string& file, std::string_view path) {
  if (const std::size_t before = file.size() - std::min(file.size(), path.size());
      !path.empty() && file.ends_with(path) && (before == 0 || file[before - 1] == '/'))
    return Loading(context, before == 0   ? "."
                            : before == 1 ? "/"
                                          : file.substr(0, before - 1))
        .run_file(std::string(path), path);
  const std::size_t slash = file.rfind('/');
  std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
  return Loading(context, std::move(folder)).run_file(file.substr(slash + 1), path);
}

Result<PageFolder> page_from_text(Context& context, std::string_view text, std::string_view path) {
  return Loading(context, ".").run_text(text, path);
}

void resolve_links(PageFolder& folder, const api::MediaListing& listing) {
  const auto stem = [](std::string_view url) { return std::string(url.substr(0, url.rfind('.'))); };
  std::unordered_map<std::string, const std::string*> by_hash, by_stem;
  for (const api::RemoteMedia& each : listing.media) {
    by_hash.emplace(each.sha256.hex(), &each.url);
    by_stem.emplace(stem(each.url), &each.url);
  }
  for (LocalMedia& media : folder.media) {
    // What is served already is not processed a second time: an exported picture keeps its address.
    auto found = by_hash.find(media.sha256.hex());
    if (found == by_hash.end()) {
      // The address follows from the original, here as there. A server that counts otherwise gets the file.
      found = by_stem.find(stem(media::media_url(media.sha256, "any")));
      if (found == by_stem.end()) continue;
    }
    media.url = *found->second;
  }
  replace_links(folder);
}

std::string page_label(std::string_view content_type, std::string_view section, std::string_view slug) {
  if (content_type == "homepage") return "homepage";
  std::string label = content_type == "standalone" ? std::string() : std::string(content_type) + "/";
  if (!section.empty()) label.append(section).append("/");
  return label.append(slug);
}

std::string page_label(const model::PageChange& page) {
  return page_label(page.content_type.value_or("blog"), lower_cased(page.section.value_or("")), page.slug.value_or(""));
}

std::string page_key(const model::PageChange& page) {
  return page.content_type.value_or("blog") + ":" + lower_cased(page.section.value_or("")) + ":" +
         page.slug.value_or("");
}

}  // namespace sitepod::cli
