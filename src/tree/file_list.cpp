#include "tree/file_list.hpp"

#include <algorithm>

namespace sitepod::tree {

namespace {
constexpr std::size_t kBlockBytes = 64 * 1024;
}

std::string_view PathArena::store(std::string_view text) {
  if (blocks_.empty() || blocks_.back().size() + text.size() > blocks_.back().capacity())
    blocks_.emplace_back().reserve(std::max(kBlockBytes, text.size()));
  std::string& block = blocks_.back();
  std::size_t start = block.size();
  block += text;
  return std::string_view(block).substr(start);
}

void FileList::sort() {
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.path < b.path; });
}

std::uint64_t FileList::total_size() const {
  std::uint64_t total = 0;
  for (const File& file : files_) total += file.stamp.size;
  return total;
}

}  // namespace sitepod::tree
