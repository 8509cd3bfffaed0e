// What one image looks like to visitors, as one flat file that is mapped read-only: path → entry with a ready-made
// header block for every stored encoding. Format: docs/formats/site-index.md. Immutable; any thread. The reader trusts
// no byte of the file: open() checks every offset and every text once, so that lookups need no checks. A file that is
// cut short while it is mapped ends the process; index files are written once, renamed into place and never changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "serve/site_rules.hpp"

namespace sitepod::serve {

enum class Encoding : std::uint8_t { Identity, Gzip, Zstd, Brotli };
inline constexpr std::size_t kEncodingCount = 4;

// What the publisher hands to build_site_index, one per path of the manifest.
struct IndexInput {
  std::string_view path;        // as in the manifest: no leading slash
  std::string_view media_type;  // complete Content-Type value
  Digest blob;                  // SHA-256 of the identity bytes
  std::uint64_t size = 0;
  bool immutable = false;     // fingerprinted: may be cached for ever
  bool compressible = false;  // answers carry Vary: Accept-Encoding even while no variant exists yet
  struct Variant {
    Digest blob;  // SHA-256 of the encoded bytes
    std::uint64_t size = 0;
    bool present = false;
  };
  Variant variants[kEncodingCount] = {};  // [Identity] is unused
  bool gone = false;                      // its bytes were destroyed for good: the path answers 410
  bool sandboxed = false;                 // a document that somebody uploaded: what it could run is forbidden
  bool of_site = false;                   // no file of the image: the site has it now, whatever image is live
};

class IndexEntry;

// Writes the index file from its first record to its last section, so that a large one never stands in memory: beside
// the current record it needs about 40 bytes a file and the paths. `committed_at` becomes Last-Modified of every entry.
// Deterministic: the same files give the same bytes. A media type that is no clean field value becomes
// application/octet-stream; of two files with one path the first counts. A resource of one thread.
class SiteIndexWriter {
 public:
  // Takes the file's bytes in their order, the header's excepted.
  using Sink = std::function<Result<void>(std::string_view)>;
  SiteIndexWriter(Instant committed_at, Sink sink);
  ~SiteIndexWriter();

  // Requires: in ascending order of paths (bytewise). Errors: those of the sink.
  Result<void> add(const IndexInput& file);
  // The same for a file that is in every respect as another index has it: its bytes there are copied. The other index
  // must live until finish().
  Result<void> add_as_before(const IndexEntry& entry);
  // The bytes of the image's rules, and the key with which the site signs for its locked pages. Call at most once.
  void set_rules(std::string_view rules, const Digest& key);
  // Ends the file; yields its header, kIndexHeaderBytes long, which stands before everything that the sink got.
  Result<std::string> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};
inline constexpr std::size_t kIndexHeaderBytes = 88;

// The same in memory, in whatever order the files come.
std::string build_site_index(std::span<const IndexInput> files, Instant committed_at, std::string_view rules = {},
                             const Digest& key = {});

// One stored representation of an entry: the blob, and its header fields in two pieces that are copied as they are.
// All views point into the mapping. Every field line ends with CRLF.
struct StoredVariant {
  Digest blob;
  std::uint64_t size;
  std::string_view own_block;  // ETag, Repr-Digest (identity only), Content-Length: of this file alone
  std::string_view
      common_block;  // Content-Type … Cache-Control: shared by all files of that type, hence warm in the cache
  std::size_t content_length_at;  // in own_block
  std::size_t details_at;         // in common_block: Accept-Ranges, Last-Modified
  std::size_t vary_at;            // in common_block: Vary, when there is one
  std::size_t cache_at;           // in common_block: Cache-Control, the last line

  std::string_view etag() const;             // with its quotes
  std::string_view etag_line() const;        // "ETag: …"
  std::string_view validator_lines() const;  // ETag and Repr-Digest
  std::string_view content_length_line() const { return own_block.substr(content_length_at); }
  std::string_view type_lines() const {
    return common_block.substr(0, details_at);
  }  // Content-Type, Content-Encoding, nosniff
  std::string_view uncached_lines() const { return common_block.substr(0, cache_at); }  // all but Cache-Control
  std::string_view vary_line() const { return common_block.substr(vary_at, cache_at - vary_at); }
  std::string_view cache_line() const { return common_block.substr(cache_at); }
  std::string_view not_modified_lines() const { return common_block.substr(vary_at); }  // Vary, Cache-Control
};

// A handle into the mapping; cheap to copy; valid while the SiteIndex lives.
class IndexEntry {
 public:
  std::string_view path() const;
  std::string_view media_type() const;
  std::uint64_t size() const;
  bool immutable() const;
  bool compressible() const;
  bool sandboxed() const;
  // The bytes were destroyed for good; only the path is left of the file.
  bool gone() const;
  // No file of the image, but of its site: an index that is not the live one may know it although it is no more.
  bool of_site() const;
  // Identity always exists.
  bool has(Encoding encoding) const;
  bool has_encoded_variants() const;
  // Requires: has(encoding).
  StoredVariant variant(Encoding encoding) const;

 private:
  friend class SiteIndex;
  friend class SiteIndexWriter;
  IndexEntry(const std::byte* common, const std::byte* common_text, const std::byte* record)
      : common_(common), common_text_(common_text), record_(record) {}
  const std::byte* common_;       // the table of common blocks
  const std::byte* common_text_;  // and their text
  const std::byte* record_;
};

class SiteIndex {
 public:
  // JustWritten: by a SiteIndexWriter of this process, in a file that nobody else knows; then its checksum says enough.
  enum class Origin : bool { Unknown, JustWritten };
  // Maps the file behind `fd`. A damaged or foreign file is an error (kind Internal).
  static Result<std::shared_ptr<const SiteIndex>> open(const UniqueFd& fd, Origin origin = Origin::Unknown);
  // The same over bytes in memory (tests, fuzzing).
  static Result<std::shared_ptr<const SiteIndex>> from_bytes(std::string bytes);
  ~SiteIndex();

  std::optional<IndexEntry> find(std::string_view path) const;
  std::size_t size() const;
  // In path order (bytewise). Requires: position < size().
  IndexEntry at(std::size_t position) const;
  // Of the paths that end in "/404.html"; 0 when there is none. Bounds the walk up the tree after a miss.
  std::size_t longest_error_page_path() const;
  Instant last_modified() const;
  std::string_view last_modified_text() const;  // IMF-fixdate
  // What it takes of the process's own memory; one that is mapped counts as the smallest that is.
  std::size_t memory_bytes() const;
  // Null in the ordinary case: the image has none.
  const SiteRules* rules() const { return rules_.get(); }

 private:
  struct Mapping;
  SiteIndex(std::unique_ptr<Mapping> mapping, std::unique_ptr<const SiteRules> rules);
  static Result<std::shared_ptr<const SiteIndex>> adopt(std::unique_ptr<Mapping> mapping, const std::byte* base,
                                                        std::size_t length, Origin origin);
  std::unique_ptr<Mapping> mapping_;
  std::unique_ptr<const SiteRules> rules_;
};

}  // namespace sitepod::serve
