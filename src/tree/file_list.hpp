// The files of one folder, sorted by path: what a deploy sends. Paths lie in one arena and digests are binary, so
// 100,000 files of ordinary names cost about 150 bytes each. A resource: filled by scan(), then read by any thread;
// hash_files() alone writes digests.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::tree {

// What the file system says about one version of a file's content.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

struct FileDigests {
  Digest sha256;
  Digest blake3;
};

// Keeps texts at addresses that never move.
class PathArena {
 public:
  std::string_view store(std::string_view text);

 private:
  std::deque<std::string> blocks_;
};

struct File {
  std::string_view path;  // relative to the root, '/' between segments; points into the arena of the list
  FileStamp stamp;
};

class FileList {
 public:
  explicit FileList(std::string root) : root_(std::move(root)) {}
  FileList(FileList&&) = default;
  FileList& operator=(FileList&&) = default;

  void add(std::string_view path, const FileStamp& stamp) { files_.push_back({arena_.store(path), stamp}); }
  void sort();

  const std::string& root() const { return root_; }
  std::size_t size() const { return files_.size(); }
  const File& operator[](std::size_t index) const { return files_[index]; }
  File& operator[](std::size_t index) { return files_[index]; }
  std::string full_path(std::size_t index) const { return root_ + "/" + std::string(files_[index].path); }
  std::uint64_t total_size() const;

  // Zero until hash_files() filled them.
  const FileDigests& digests(std::size_t index) const { return digests_[index]; }
  FileDigests& digests(std::size_t index) { return digests_[index]; }
  void make_room_for_digests() { digests_.resize(files_.size()); }

 private:
  std::string root_;
  PathArena arena_;
  std::deque<File> files_;  // grows without copying: a vector would need up to three times the room while it doubles
  std::vector<FileDigests> digests_;
};

}  // namespace sitepod::tree
