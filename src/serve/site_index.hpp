// What one image looks like to visitors, as one flat file that is mapped read-only: path → entry with a ready-made header
// block for every stored encoding. Format: docs/formats/site-index.md. Immutable; any thread.
// The reader trusts no byte of the file: open() checks every offset once, so that lookups need no checks.
#pragma once

#include <cstddef>
#include <cstdint>
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

namespace sitepod::serve {

enum class Encoding : std::uint8_t { Identity, Gzip, Zstd, Brotli };
inline constexpr std::size_t kEncodingCount = 4;

// What the publisher hands to build_site_index, one per path of the manifest.
struct IndexInput {
  std::string_view path;  // as in the manifest: no leading slash
  std::string_view media_type;  // complete Content-Type value
  Digest blob;            // SHA-256 of the identity bytes
  std::uint64_t size = 0;
  bool immutable = false;    // fingerprinted: may be cached for ever
  bool compressible = false; // answers carry Vary: Accept-Encoding even while no variant exists yet
  struct Variant {
    Digest blob;  // SHA-256 of the encoded bytes
    std::uint64_t size = 0;
    bool present = false;
  };
  Variant variants[kEncodingCount];  // [Identity] is unused
};

// The bytes of the index file. `committed_at` becomes Last-Modified of every entry. Deterministic: same input, same bytes.
std::string build_site_index(std::span<const IndexInput> files, Instant committed_at);

// One stored representation of an entry: a view into the mapping.
struct StoredVariant {
  Digest blob;
  std::uint64_t size;
  // From after "Date: …\r\n" to before Cache-Control: Content-Type, Content-Length, ETag, Last-Modified, Vary, … each ended by CRLF.
  std::string_view header_block;
  // The fields of it that a 304 repeats (ETag, Vary), each ended by CRLF.
  std::string_view not_modified_block;
  std::string_view etag;  // with its quotes
};

// A handle into the mapping; cheap to copy; valid while the SiteIndex lives.
class IndexEntry {
 public:
  std::string_view path() const;
  std::string_view media_type() const;
  std::uint64_t size() const;
  bool immutable() const;
  bool compressible() const;
  // Identity always exists.
  bool has(Encoding encoding) const;
  StoredVariant variant(Encoding encoding) const;

 private:
  friend class SiteIndex;
  const std::byte* base_ = nullptr;
  const std::byte* record_ = nullptr;
};

class SiteIndex {
 public:
  // Maps the file behind `fd`. A damaged or foreign file is an error (kind Internal).
  static Result<std::shared_ptr<const SiteIndex>> open(const UniqueFd& fd);
  // The same over bytes in memory (tests, fuzzing).
  static Result<std::shared_ptr<const SiteIndex>> from_bytes(std::string bytes);
  ~SiteIndex();

  std::optional<IndexEntry> find(std::string_view path) const;
  std::size_t size() const;
  // In path order (bytewise).
  IndexEntry at(std::size_t position) const;
  Instant last_modified() const;
  std::string_view last_modified_text() const;  // IMF-fixdate

 private:
  SiteIndex() = default;
  struct Mapping;
  std::unique_ptr<Mapping> mapping_;
};

}  // namespace sitepod::serve
