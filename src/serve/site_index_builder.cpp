#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "base/check.hpp"
#include "http/date.hpp"
#include "serve/header_blocks.hpp"
#include "serve/site_index.hpp"
#include "serve/site_index_format.hpp"

namespace sitepod::serve {
namespace {

constexpr std::string_view kErrorPage = "/404.html";
constexpr std::size_t kSmallestTable = 8;
// Paths are chosen by whoever deploys: a site whose paths are made to collide must not make lookups slow for its
// neighbours.
constexpr std::size_t kLongestProbe = 64;
constexpr std::uint64_t kSeedsTried = 16;

Encoding encoding_of(std::size_t number) { return static_cast<Encoding>(number); }

bool is_stored(const IndexInput& file, std::size_t encoding) {
  return encoding == 0 || file.variants[encoding].present;
}

std::uint64_t stored_size(const IndexInput& file, std::size_t encoding) {
  return encoding == 0 ? file.size : file.variants[encoding].size;
}

// A file with an encoded variant is answered by what the client accepts, whatever its flag says.
bool varies(const IndexInput& file) {
  bool result = file.compressible;
  for (std::size_t i = 1; i < kEncodingCount; ++i) result |= file.variants[i].present;
  return result;
}

std::uint8_t flags_of(const IndexInput& file) {
  return static_cast<std::uint8_t>((file.immutable ? format::kImmutableFlag : 0) |
                                   (varies(file) ? format::kCompressibleFlag : 0) |
                                   (file.gone ? format::kGoneFlag : 0));
}

std::uint64_t record_bytes(const IndexInput& file) {
  std::uint64_t size = format::kRecordBytes + file.path.size();
  for (std::size_t i = 0; i < kEncodingCount; ++i)
    if (is_stored(file, i)) size += format::kVariantBytes + own_block_bytes(encoding_of(i), stored_size(file, i));
  return format::aligned(size);
}

std::vector<std::uint32_t> in_path_order(std::span<const IndexInput> files) {
  std::vector<std::uint32_t> order(files.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return files[a].path < files[b].path; });
  order.erase(std::unique(order.begin(), order.end(), [&](auto a, auto b) { return files[a].path == files[b].path; }),
              order.end());
  return order;
}

// The common blocks of all files, each once, numbered in the order in which the sorted files first need them.
class CommonBlocks {
 public:
  explicit CommonBlocks(std::string_view last_modified) : last_modified_(last_modified) {}

  std::uint32_t number_of(const IndexInput& file, std::size_t encoding) {
    std::string_view media_type = is_clean_media_type(file.media_type) ? file.media_type : "application/octet-stream";
    std::uint8_t flags = flags_of(file);
    auto [place, is_new] =
        numbers_.try_emplace({media_type, encoding, flags}, static_cast<std::uint32_t>(blocks_.size()));
    if (is_new) {
      blocks_.push_back({common_block(media_type, encoding_of(encoding), file.immutable, varies(file), last_modified_),
                         static_cast<std::uint8_t>(encoding), flags});
      text_bytes_ += blocks_.back().block.text.size();
    }
    return place->second;
  }

  std::size_t count() const { return blocks_.size(); }
  std::uint64_t text_bytes() const { return text_bytes_; }

  void write(char* row, char* text_begin) const {
    char* text = text_begin;
    for (const auto& [block, encoding, flags] : blocks_) {
      format::store(row + format::kCommonTextAt, static_cast<std::uint32_t>(text - text_begin));
      format::store(row + format::kCommonLengthAt, static_cast<std::uint16_t>(block.text.size()));
      format::store(row + format::kCommonMediaTypeAt, block.media_type_length);
      format::store(row + format::kCommonDetailsAt, block.details_at);
      format::store(row + format::kCommonVaryAt, block.vary_at);
      format::store(row + format::kCommonCacheAt, block.cache_at);
      format::store(row + format::kCommonEncodingAt, encoding);
      format::store(row + format::kCommonFlagsAt, flags);
      text = std::copy(block.text.begin(), block.text.end(), text);
      row += format::kCommonRowBytes;
    }
  }

 private:
  struct Numbered {
    CommonBlock block;
    std::uint8_t encoding;
    std::uint8_t flags;
  };
  std::string_view last_modified_;
  std::map<std::tuple<std::string_view, std::size_t, std::uint8_t>, std::uint32_t> numbers_;
  std::vector<Numbered> blocks_;
  std::uint64_t text_bytes_ = 0;
};

void write_record(char* record, const IndexInput& file, CommonBlocks& common) {
  std::uint8_t encodings = 0;
  std::size_t variants = 0;
  for (std::size_t i = 0; i < kEncodingCount; ++i)
    if (is_stored(file, i)) encodings |= static_cast<std::uint8_t>(1u << i), ++variants;
  format::store(record + format::kRecordPathLengthAt, static_cast<std::uint32_t>(file.path.size()));
  format::store(record + format::kRecordEncodingsAt, encodings);
  format::store(record + format::kRecordFlagsAt, flags_of(file));

  char* row = record + format::kRecordBytes;
  char* path = row + variants * format::kVariantBytes;
  char* own = std::copy(file.path.begin(), file.path.end(), path);
  for (std::size_t i = 0; i < kEncodingCount; ++i) {
    if (!is_stored(file, i)) continue;
    const Digest& blob = i == 0 ? file.blob : file.variants[i].blob;
    std::uint64_t size = stored_size(file, i);
    std::size_t own_bytes = own_block_bytes(encoding_of(i), size);
    std::memcpy(row + format::kVariantDigestAt, blob.bytes.data(), blob.bytes.size());
    format::store(row + format::kVariantSizeAt, size);
    format::store(row + format::kVariantCommonAt, common.number_of(file, i));
    format::store(row + format::kVariantOwnAt, static_cast<std::uint32_t>(own - record));
    format::store(row + format::kVariantOwnLengthAt, static_cast<std::uint32_t>(own_bytes));
    write_own_block(own, encoding_of(i), blob, size);
    row += format::kVariantBytes;
    own += own_bytes;
  }
}

// False when some path would lie further than kLongestProbe from its place; the slots are then useless and to be
// cleared.
bool fill_slots(char* slots, std::size_t slot_count, std::uint64_t seed, std::span<const IndexInput> files,
                std::span<const std::uint32_t> order, const char* positions, bool at_any_cost) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::uint64_t hash = format::hash_path(files[order[i]].path, seed);
    std::size_t slot = hash & (slot_count - 1);
    for (std::size_t probe = 0; format::load<std::uint64_t>(reinterpret_cast<const std::byte*>(slots + slot * 8)) != 0;
         ++probe) {
      if (probe == kLongestProbe && !at_any_cost) return false;
      slot = (slot + 1) & (slot_count - 1);
    }
    auto place = format::load<std::uint32_t>(reinterpret_cast<const std::byte*>(positions + i * 4));
    format::store(slots + slot * format::kSlotBytes, (hash >> 32 << 32) | (std::uint64_t{place} + 1));
  }
  return true;
}

std::uint64_t fill_slots_evenly(char* slots, std::size_t slot_count, std::span<const IndexInput> files,
                                std::span<const std::uint32_t> order, const char* positions) {
  std::uint64_t seed = 0;
  while (!fill_slots(slots, slot_count, seed, files, order, positions, seed == kSeedsTried)) {
    std::fill_n(slots, slot_count * format::kSlotBytes, '\0');
    ++seed;
  }
  return seed;
}

}  // namespace

std::string build_site_index(std::span<const IndexInput> files, Instant committed_at) {
  const http::HttpDate last_modified = http::format_http_date(committed_at.unix_seconds());
  const std::vector<std::uint32_t> order = in_path_order(files);
  CommonBlocks common(last_modified.view());
  std::uint64_t records_bytes = 0;
  std::size_t longest_error_page = 0;
  for (std::uint32_t i : order) {
    records_bytes += record_bytes(files[i]);
    for (std::size_t encoding = 0; encoding < kEncodingCount; ++encoding)
      if (is_stored(files[i], encoding)) common.number_of(files[i], encoding);
    if (files[i].path.ends_with(kErrorPage)) longest_error_page = std::max(longest_error_page, files[i].path.size());
  }
  const std::size_t slot_count = std::max(kSmallestTable, std::bit_ceil(order.size() * 2));
  // 32 GiB of records and 4 GiB of header text are far beyond what a manifest may hold.
  SITEPOD_CHECK(records_bytes / format::kAlignment < UINT32_MAX && common.text_bytes() < UINT32_MAX);

  const std::uint64_t positions_at = format::kHeaderBytes;
  const std::uint64_t slots_at = positions_at + format::aligned(order.size() * 4);
  const std::uint64_t common_at = slots_at + slot_count * format::kSlotBytes;
  const std::uint64_t text_at = common_at + common.count() * format::kCommonRowBytes;
  const std::uint64_t records_at = text_at + format::aligned(common.text_bytes());
  std::string out(records_at + records_bytes, '\0');

  std::uint64_t place = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    format::store(out.data() + positions_at + i * 4, static_cast<std::uint32_t>(place / format::kAlignment));
    write_record(out.data() + records_at + place, files[order[i]], common);
    place += record_bytes(files[order[i]]);
  }
  common.write(out.data() + common_at, out.data() + text_at);
  std::uint64_t seed = fill_slots_evenly(out.data() + slots_at, slot_count, files, order, out.data() + positions_at);

  char* header = out.data();
  std::copy(format::kMagic.begin(), format::kMagic.end(), header + format::kMagicAt);
  format::store(header + format::kVersionAt, format::kVersion);
  format::store(header + format::kHeaderBytesAt, static_cast<std::uint32_t>(format::kHeaderBytes));
  format::store(header + format::kTotalBytesAt, static_cast<std::uint64_t>(out.size()));
  format::store(header + format::kLastModifiedAt, static_cast<std::uint64_t>(committed_at.unix_ms));
  format::store(header + format::kSeedAt, seed);
  format::store(header + format::kEntriesAt, static_cast<std::uint32_t>(order.size()));
  format::store(header + format::kSlotsAt, static_cast<std::uint32_t>(slot_count));
  format::store(header + format::kCommonBlocksAt, static_cast<std::uint32_t>(common.count()));
  format::store(header + format::kLongestErrorPageAt, static_cast<std::uint32_t>(longest_error_page));
  format::store(header + format::kCommonTextBytesAt, common.text_bytes());
  format::store(header + format::kRecordsBytesAt, records_bytes);
  format::store(header + format::kChecksumAt,
                static_cast<std::uint64_t>(
                    XXH3_64bits(out.data() + format::kChecksummedFrom, out.size() - format::kChecksummedFrom)));
  return out;
}

}  // namespace sitepod::serve
