// A manifest: path → {hash, size, media type}, and its canonical bytes, whose SHA-256 is the image's content_hash.
// Format: docs/formats/manifest.md. Values; any thread. Compact: paths stand in one arena, 100,000 files cost about 100
// bytes each plus their paths.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::model {

// Views point into the Manifest and hold until it is changed.
struct ManifestEntry {
  std::string_view path;  // no leading slash
  Digest blob;            // SHA-256
  std::uint64_t size = 0;
  std::string_view media_type;  // empty: by extension
};

// The canonical bytes line by line, for whoever need not hold a manifest: the first line, then one per entry in order
// of path. Requires: entries as a sealed Manifest has them.
inline constexpr std::string_view kManifestFirstLine = "sitepod-manifest 1\n";
void append_manifest_line(const ManifestEntry& entry, std::string& out);

// Reads canonical bytes as they come, with little memory however long they are. Refuses anything that to_bytes would
// not have written. A resource of one thread.
class ManifestReader {
 public:
  // The views live until the callback returns; its error ends the reading.
  using Each = std::function<Result<void>(const ManifestEntry&)>;
  Result<void> feed(std::string_view piece, const Each& each);
  // The end of the bytes.
  Result<void> finish() const;

 private:
  Result<void> take_line(std::string_view line, const Each& each);

  std::string held_;  // the beginning of a line
  std::string path_;  // of the line before
  bool has_begun_ = false;
  std::uint64_t total_size_ = 0;
};

class Manifest {
 public:
  // Room for what will be added, so that growth does not copy; wrong guesses only cost memory or time.
  void reserve(std::size_t files, std::size_t path_bytes);
  // Copies what the views point to. Requires: paths already parsed by parse_manifest_path.
  void add(const ManifestEntry& entry);
  // Sorts by path (bytewise). Equal paths with equal hashes become one entry (the first given); with different hashes
  // it is an error
  // ("invalid_request"), and so are a media type that is not one printable line of ASCII and sizes that together exceed
  // 2^63 - 1.
  Result<void> seal();
  std::size_t size() const { return records_.size(); }
  ManifestEntry at(std::size_t position) const;
  // Requires: sealed.
  std::uint64_t total_size() const { return total_size_; }
  // By binary search. Requires: sealed.
  std::optional<ManifestEntry> find(std::string_view path) const;

  // Requires: sealed. Deterministic: equal manifests have equal bytes.
  std::string to_bytes() const;
  // Refuses anything that to_bytes would not have written. Yields a sealed manifest.
  static Result<Manifest> from_bytes(std::string_view bytes);

 private:
  struct Record {
    std::uint64_t path_offset;
    std::uint32_t path_length;
    std::uint32_t media_type;  // index into media_types_
    std::uint64_t size;
    Digest blob;
  };
  std::string_view path_of(const Record& record) const {
    return std::string_view(arena_).substr(record.path_offset, record.path_length);
  }
  std::uint32_t intern_media_type(std::string_view media_type);
  Result<void> merge_repeated_paths();

  std::string arena_;
  std::vector<Record> records_;
  std::vector<std::string> media_types_;
  std::map<std::string, std::uint32_t, std::less<>> media_type_numbers_;
  std::uint64_t total_size_ = 0;
  bool sealed_ = false;
};

}  // namespace sitepod::model
