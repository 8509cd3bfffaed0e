// A folder of markdown as the pages that it means: front matter read, links between files turned into addresses, media
// found and hashed. One thread; reads the disk.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/content_client.hpp"
#include "cli/command.hpp"
#include "manuscript/page_file.hpp"
#include "tree/file_list.hpp"

namespace sitepod::cli {

struct LocalMedia {
  std::string path;  // relative to the folder
  std::uint64_t size = 0;
  Digest sha256;
  std::string url;  // where the server has it; empty: nowhere yet
};

struct LocalPage {
  std::string path;                // relative to the folder
  manuscript::PageFile file;       // its content as it is written
  std::vector<std::size_t> media;  // places in PageFolder::media, each once

  model::PageChange& page() { return file.page; }
  const model::PageChange& page() const { return file.page; }
};

struct PageFolder {
  std::string root;
  std::vector<LocalPage> pages;
  std::vector<LocalPage> neighbours;  // stay where they are; links lead to them
  std::vector<LocalMedia> media;      // that pages refer to
  std::vector<std::string> warnings;  // "path:line: message"; told already

  std::string full_path(std::string_view path) const { return root + "/" + std::string(path); }
};

// Tells every warning and every error, "file:line: message" each. Errors: Invalid "invalid_pages" when there was any;
// those of scan().
Result<PageFolder> load_page_folder(Context& context, const std::string& directory);

// One file as a folder of its own, at `path` (empty: the file's name). Its media and the pages that it links to lie
// beside it; where `path` ends the file's name, in the folder of which it is the place.
Result<PageFolder> load_page_file(Context& context, const std::string& file, std::string_view path);
// The same for a text without media.
Result<PageFolder> page_from_text(Context& context, std::string_view text, std::string_view path);

// Gives media their addresses as far as the server has them, then replaces the links of every page: to other pages by
// their addresses, to media by theirs, or by "file:" and their path.
void resolve_links(PageFolder& folder, const api::MediaListing& listing);

// "docs/api/start": how people call a page.
std::string page_label(std::string_view content_type, std::string_view section, std::string_view slug);
std::string page_label(const model::PageChange& page);
// The same for equal pages, however their sections are written.
std::string page_key(const model::PageChange& page);

}  // namespace sitepod::cli
