// The header fields of a stored representation as text: what the index builder writes and what the index reader
// expects. Pure functions; any thread. The order of the fields is part of the index format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "serve/site_index.hpp"

namespace sitepod::serve {

inline constexpr std::string_view kEtagName = "ETag: ";
inline constexpr std::size_t kEtagBytes = 66;  // 64 hexadecimal digits in quotes
inline constexpr std::size_t kEtagLineBytes = kEtagName.size() + kEtagBytes + 2;
inline constexpr std::string_view kReprDigestName = "Repr-Digest: sha-256=:";
inline constexpr std::size_t kReprDigestLineBytes = kReprDigestName.size() + 44 + 3;
inline constexpr std::string_view kContentTypeName = "Content-Type: ";

inline constexpr std::string_view kImmutableLine = "Cache-Control: public, max-age=31536000, immutable\r\n";
inline constexpr std::string_view kRevalidateLine = "Cache-Control: public, max-age=0, must-revalidate\r\n";
inline constexpr std::string_view kNoCacheLine = "Cache-Control: no-cache\r\n";
inline constexpr std::string_view kPrivateLine = "Cache-Control: private, no-store\r\n";
inline constexpr std::string_view kPrivateNoCacheLine = "Cache-Control: private, no-cache\r\n";
inline constexpr std::string_view kNoindexLine = "X-Robots-Tag: noindex\r\n";
// What an uploaded drawing may do when somebody opens it by itself: look like a drawing. It has the site's origin, so
// its scripts would have the site's cookies and its visitors' trust.
inline constexpr std::string_view kSandboxLine =
    "Content-Security-Policy: sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src "
    "data:\r\n";
inline constexpr std::string_view kNosniffLine = "X-Content-Type-Options: nosniff\r\n";

// What files that look alike to a visitor have in common; see StoredVariant for the places.
struct CommonBlock {
  std::string text;
  std::uint16_t media_type_length = 0;
  std::uint16_t details_at = 0;
  std::uint16_t vary_at = 0;
  std::uint16_t cache_at = 0;
};

// Visible ASCII and inner spaces, 1 to 255 characters: cannot end its header line.
bool is_clean_media_type(std::string_view media_type);

// Requires: is_clean_media_type(media_type).
CommonBlock common_block(std::string_view media_type, Encoding encoding, bool immutable, bool compressible,
                         bool sandboxed, std::string_view last_modified);

// Where Content-Length begins in the own block: behind the validators.
std::size_t content_length_place(Encoding encoding);
std::size_t own_block_bytes(Encoding encoding, std::uint64_t size);
// Writes own_block_bytes(encoding, size) characters.
void write_own_block(char* to, Encoding encoding, const Digest& blob, std::uint64_t size);

}  // namespace sitepod::serve
