// The layout of the index file as numbers: docs/formats/site-index.md is the same as a table. Used by the builder and
// the reader only. Integers are little-endian with explicit widths and are read by copying, so that no alignment is
// assumed.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <xxhash.h>

#include "base/check.hpp"

namespace sitepod::serve::format {

inline constexpr std::string_view kMagic = "SPINDEX\n";
inline constexpr std::uint32_t kVersion = 6;

// Offsets in the header.
inline constexpr std::size_t kMagicAt = 0;
inline constexpr std::size_t kVersionAt = 8;
inline constexpr std::size_t kHeaderBytesAt = 12;
inline constexpr std::size_t kTotalBytesAt = 16;
inline constexpr std::size_t kChecksumAt = 24;
inline constexpr std::size_t kChecksummedFrom = 32;
inline constexpr std::size_t kLastModifiedAt = 32;
inline constexpr std::size_t kSeedAt = 40;
inline constexpr std::size_t kEntriesAt = 48;
inline constexpr std::size_t kSlotsAt = 52;
inline constexpr std::size_t kCommonBlocksAt = 56;
inline constexpr std::size_t kLongestErrorPageAt = 60;
inline constexpr std::size_t kCommonTextBytesAt = 64;
inline constexpr std::size_t kRecordsBytesAt = 72;
inline constexpr std::size_t kRulesBytesAt = 80;
inline constexpr std::size_t kHeaderBytes = 88;

// One row of the table of common blocks.
inline constexpr std::size_t kCommonTextAt = 0;    // u32, in the common text
inline constexpr std::size_t kCommonLengthAt = 4;  // u16
inline constexpr std::size_t kCommonMediaTypeAt =
    6;  // u16: length of the media type, which stands behind "Content-Type: "
inline constexpr std::size_t kCommonDetailsAt = 8;    // u16
inline constexpr std::size_t kCommonVaryAt = 10;      // u16
inline constexpr std::size_t kCommonCacheAt = 12;     // u16
inline constexpr std::size_t kCommonEncodingAt = 14;  // u8
inline constexpr std::size_t kCommonFlagsAt = 15;     // u8
inline constexpr std::size_t kCommonRowBytes = 16;

// A record: this, one variant row per bit of its encodings in ascending order, the path, the own blocks, zeros to a
// multiple of 8.
inline constexpr std::size_t kRecordPathLengthAt = 0;  // u32
inline constexpr std::size_t kRecordEncodingsAt = 4;   // u8: bit n: Encoding n is stored; bit 0 always
inline constexpr std::size_t kRecordFlagsAt = 5;       // u8
inline constexpr std::size_t kRecordBytes = 8;

inline constexpr std::size_t kVariantDigestAt = 0;
inline constexpr std::size_t kVariantSizeAt = 32;       // u64
inline constexpr std::size_t kVariantCommonAt = 40;     // u32: row in the table of common blocks
inline constexpr std::size_t kVariantOwnAt = 44;        // u32: from the record's beginning
inline constexpr std::size_t kVariantOwnLengthAt = 48;  // u32
inline constexpr std::size_t kVariantBytes = 52;

inline constexpr std::uint8_t kImmutableFlag = 1;
inline constexpr std::uint8_t kCompressibleFlag = 2;
inline constexpr std::uint8_t kGoneFlag = 4;       // the bytes were destroyed for good: 410
inline constexpr std::uint8_t kSandboxedFlag = 8;  // its answers forbid what it could run
inline constexpr std::uint8_t kOfSiteFlag = 16;    // is there whatever image is live
inline constexpr std::uint8_t kKnownFlags = 31;
inline constexpr std::uint8_t kKnownEncodings = 15;

// The section of the rules: the site's key for locked pages, then the rules themselves.
inline constexpr std::size_t kRulesKeyBytes = 32;

// A slot: the hash's upper half in the upper half, the record's place / 8 + 1 in the lower. 0 is an empty slot.
inline constexpr std::size_t kSlotBytes = 8;
inline constexpr std::size_t kAlignment = 8;
constexpr std::uint64_t aligned(std::uint64_t size) {
  return (size + kAlignment - 1) & ~static_cast<std::uint64_t>(kAlignment - 1);
}

template <std::unsigned_integral T>
T to_little_endian(T value) {
  if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1) {
    T swapped = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) swapped = static_cast<T>(swapped << 8 | (value >> 8 * i & 0xff));
    return swapped;
  }
  return value;
}

template <std::unsigned_integral T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return to_little_endian(value);
}

template <std::unsigned_integral T>
void store(char* to, T value) {
  value = to_little_endian(value);
  std::memcpy(to, &value, sizeof value);
}

template <std::unsigned_integral T>
void append(std::string& out, T value) {
  char bytes[sizeof value];
  store(bytes, value);
  out.append(bytes, sizeof bytes);
}

// XXH3-64 of bytes that come piece by piece.
class Checksum {
 public:
  Checksum() : state_(XXH3_createState()) {
    SITEPOD_CHECK(state_ != nullptr);
    XXH3_64bits_reset(state_.get());
  }
  void add(const void* bytes, std::size_t count) { XXH3_64bits_update(state_.get(), bytes, count); }
  std::uint64_t value() const { return XXH3_64bits_digest(state_.get()); }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

// Of a whole file: everything behind the header, then the header from kChecksummedFrom, because the writer knows the
// header last. `done(begin, end)` is told what has been read. Requires: at least a header.
template <typename Done>
std::uint64_t checksum_of(const std::byte* file, std::size_t length, Done done) {
  constexpr std::size_t kReadAtOnce = std::size_t{1} << 20;
  Checksum checksum;
  for (std::size_t at = kHeaderBytes; at < length; at += kReadAtOnce) {
    const std::size_t end = length - at < kReadAtOnce ? length : at + kReadAtOnce;
    checksum.add(file + at, end - at);
    done(file + at, file + end);
  }
  checksum.add(file + kChecksummedFrom, kHeaderBytes - kChecksummedFrom);
  return checksum.value();
}
inline std::uint64_t checksum_of(std::string_view file) {
  return checksum_of(reinterpret_cast<const std::byte*>(file.data()), file.size(), [](auto, auto) {});
}

inline std::uint64_t hash_path(std::string_view path, std::uint64_t seed) {
  return XXH3_64bits_withSeed(path.data(), path.size(), seed);
}

}  // namespace sitepod::serve::format
