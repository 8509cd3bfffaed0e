// Index files: whatever bytes the reader accepts, its hash table agrees with a search through its list, its list is in
// order, and every header block is clean lines. The mutator repairs length and checksum, so that mutations reach what
// lies behind them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "base/check.hpp"
#include "serve/site_index.hpp"
#include "serve/site_index_format.hpp"

using sitepod::serve::Encoding;
using sitepod::serve::IndexEntry;
using sitepod::serve::SiteIndex;
using sitepod::serve::StoredVariant;
namespace format = sitepod::serve::format;

// Weak: there is none when seeds are replayed without libFuzzer.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t max_size);

namespace {

// Where a reader that trusts nothing but the list finds the path.
std::optional<std::size_t> find_naively(const SiteIndex& index, std::string_view path) {
  for (std::size_t i = 0; i < index.size(); ++i)
    if (index.at(i).path() == path) return i;
  return std::nullopt;
}

void expect_agreement(const SiteIndex& index, std::string_view path) {
  const std::optional<IndexEntry> found = index.find(path);
  const std::optional<std::size_t> expected = find_naively(index, path);
  SITEPOD_CHECK(found.has_value() == expected.has_value());
  if (!found) return;
  SITEPOD_CHECK(found->path().data() == index.at(*expected).path().data());
}

// Lines that each end with CRLF and hold nothing else that ends a line.
void expect_clean_lines(std::string_view block) {
  while (!block.empty()) {
    const std::size_t end = block.find("\r\n");
    SITEPOD_CHECK(end != std::string_view::npos && end > 0);
    SITEPOD_CHECK(std::all_of(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(end),
                              [](char c) { return c >= 0x20 && c < 0x7f; }));
    block.remove_prefix(end + 2);
  }
}

void expect_sound_entry(const IndexEntry& entry) {
  SITEPOD_CHECK(entry.has(Encoding::Identity));
  for (Encoding encoding : {Encoding::Identity, Encoding::Gzip, Encoding::Zstd, Encoding::Brotli}) {
    if (!entry.has(encoding)) continue;
    const StoredVariant variant = entry.variant(encoding);
    expect_clean_lines(variant.own_block);
    expect_clean_lines(variant.common_block);
    expect_clean_lines(variant.type_lines());
    expect_clean_lines(variant.not_modified_lines());
    SITEPOD_CHECK(variant.etag() == "\"" + variant.blob.hex() + "\"");
    SITEPOD_CHECK(variant.content_length_line() == "Content-Length: " + std::to_string(variant.size) + "\r\n");
    SITEPOD_CHECK(variant.cache_line().starts_with("Cache-Control: "));
    SITEPOD_CHECK(variant.type_lines().starts_with("Content-Type: " + std::string(entry.media_type()) + "\r\n"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto opened = SiteIndex::from_bytes(std::string(reinterpret_cast<const char*>(data), size));
  if (!opened.ok()) return 0;
  const SiteIndex& index = **opened;
  for (std::size_t i = 0; i < index.size(); ++i) {
    const std::string path(index.at(i).path());
    if (i > 0) SITEPOD_CHECK(index.at(i - 1).path() < path);
    expect_sound_entry(index.at(i));
    expect_agreement(index, path);
    expect_agreement(index, path + "x");
    expect_agreement(index, std::string_view(path).substr(0, path.size() / 2));
  }
  expect_agreement(index, "");
  expect_agreement(index, "index.html");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  const bool leaves_it_broken = seed % 16 == 0;
  if (leaves_it_broken || size < format::kHeaderBytes) return size;
  char* file = reinterpret_cast<char*>(data);
  std::memcpy(file, format::kMagic.data(), format::kMagic.size());
  format::store(file + format::kVersionAt, format::kVersion);
  format::store(file + format::kHeaderBytesAt, static_cast<std::uint32_t>(format::kHeaderBytes));
  format::store(file + format::kTotalBytesAt, static_cast<std::uint64_t>(size));
  format::store(file + format::kChecksumAt, format::checksum_of({file, size}));
  return size;
}
