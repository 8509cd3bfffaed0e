// Remembers digests between deploys, so that an unchanged folder is not read again: (path, size, mtime, ctime, inode) →
// digests. ctime is part of the key because reproducible builds set mtime to a constant. A resource of one thread;
// find() may be called by many at once while nobody adds. The file: docs/formats/hash-cache.md. Losing it costs time
// only, so a damaged one is ignored.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "tree/file_list.hpp"

namespace sitepod::tree {

class HashCache {
 public:
  // Maps the file; absent or damaged means empty.
  HashCache(std::string path, Instant now);
  ~HashCache();
  HashCache(const HashCache&) = delete;
  HashCache& operator=(const HashCache&) = delete;

  std::optional<FileDigests> find(std::string_view absolute_path, const FileStamp& stamp) const;
  // `hashed_at` is read before the file was opened. A file changed within two seconds of it is not remembered: it may
  // change again without its time stamp moving.
  void add(std::string_view absolute_path, const FileStamp& stamp, const FileDigests& digests, Instant hashed_at);
  // Marks a remembered entry as used today, so that save() keeps it.
  void keep(std::string_view absolute_path, const FileStamp& stamp);
  // Merges and replaces the file atomically; entries unused for 60 days go, and the oldest beyond a million.
  Result<void> save();

  struct Record {
    std::uint8_t key[16];  // BLAKE3 of the key, shortened
    FileDigests digests;
    std::uint32_t used_day;  // days since 1970
  };

 private:
  using Key = std::array<std::uint8_t, 16>;
  static Key key_of(std::string_view absolute_path, const FileStamp& stamp);
  void load();
  const Record* find_record(const Key& key) const;

  const std::string path_;
  const std::uint32_t today_;
  void* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::span<const Record> records_;  // of the mapped file, sorted by key
  std::deque<Record> added_;
  std::vector<std::uint32_t> kept_;  // positions in records_
};

}  // namespace sitepod::tree
