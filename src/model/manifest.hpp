// A manifest: path → {hash, size, media type}, and its canonical bytes, whose SHA-256 is the image's content_hash.
// Format: docs/formats/manifest.md. Values; any thread. Compact: paths stand in one arena, 100,000 files cost about 100 bytes each plus their paths.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::model {

struct ManifestEntry {
  std::string_view path;        // no leading slash
  Digest blob;                  // SHA-256
  std::uint64_t size = 0;
  std::string_view media_type;  // empty: by extension
};

class Manifest {
 public:
  // Copies what the views point to. Requires: paths already parsed by parse_manifest_path.
  void add(const ManifestEntry& entry);
  // Sorts by path (bytewise). Equal paths with equal hashes become one entry; with different hashes it is an error ("invalid_request").
  Result<void> seal();
  std::size_t size() const { return records_.size(); }
  ManifestEntry at(std::size_t position) const;
  std::uint64_t total_size() const;

  // Requires: sealed. Deterministic: equal manifests have equal bytes.
  std::string to_bytes() const;
  // Refuses anything that to_bytes would not have written.
  static Result<Manifest> from_bytes(std::string_view bytes);

 private:
  struct Record {
    std::uint64_t path_offset;
    std::uint32_t path_length;
    std::uint32_t media_type;  // index into media_types_
    std::uint64_t size;
    Digest blob;
  };
  std::string arena_;
  std::vector<Record> records_;
  std::vector<std::string> media_types_;
};

}  // namespace sitepod::model
