// Where the links of a folder's pages lead within the folder. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cli/page_folder.hpp"
#include "manuscript/destinations.hpp"
#include "tree/file_list.hpp"

namespace sitepod::cli {

// ".md" and ".markdown", in any case.
bool is_page_path(std::string_view path);

// The files that a link may mean: by their paths, and in embeds also by their names alone, wherever they lie, as
// note-taking tools do; of several the one with the shortest path.
class PathIndex {
 public:
  void add(std::string_view path);
  // The path; nothing: it leads to no file.
  std::optional<std::string> find(const LocalPage& page, const manuscript::Destination& destination) const;

 private:
  std::unordered_set<std::string> paths_;
  std::unordered_map<std::string, std::string_view> by_name_;  // into paths_, whose elements do not move
};

std::vector<std::string> media_of(const LocalPage& page, const PathIndex& files);
// Other files that are pages, each once.
std::vector<std::string> linked_pages_of(const LocalPage& page, const tree::FileList& files);
// Relative links that look like files and lead to none.
std::vector<manuscript::Notice> missing_of(const LocalPage& page, const PathIndex& files);

// In the contents of all pages. Requires: media have their addresses, where they have any.
void replace_links(PageFolder& folder);

}  // namespace sitepod::cli
