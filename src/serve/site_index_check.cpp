#include "serve/site_index_layout.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "serve/header_blocks.hpp"
#include "serve/site_index_format.hpp"

namespace sitepod::serve {
namespace {

using format::load;

constexpr std::ptrdiff_t kToldAtOnce = std::ptrdiff_t{1} << 20;

std::string_view text_at(const std::byte* from, std::size_t length) {
  return {reinterpret_cast<const char*>(from), length};
}

// Each step relies on the ones before it.
class IndexCheck {
 public:
  IndexCheck(IndexLayout& layout, const std::function<void(const std::byte*, const std::byte*)>& done)
      : layout_(layout), done_(done) {}

  const char* run(SiteIndex::Origin origin) {
    if (const char* problem = check_header()) return problem;
    if (const char* problem = place_sections()) return problem;
    if (const char* problem = check_common_blocks()) return problem;
    if (origin == SiteIndex::Origin::JustWritten) return nullptr;
    if (const char* problem = check_records()) return problem;
    return check_slots();
  }

 private:
  const char* check_header() {
    if (layout_.length < format::kHeaderBytes) return "it is shorter than its header";
    if (text_at(layout_.base, format::kMagic.size()) != format::kMagic) return "it is no site index";
    if (load<std::uint32_t>(layout_.base + format::kVersionAt) != format::kVersion) return "it has another version";
    if (load<std::uint32_t>(layout_.base + format::kHeaderBytesAt) != format::kHeaderBytes)
      return "its header has another length";
    if (load<std::uint64_t>(layout_.base + format::kTotalBytesAt) != layout_.length) return "it was cut short or grew";
    if (load<std::uint64_t>(layout_.base + format::kChecksumAt) !=
        format::checksum_of(layout_.base, layout_.length, done_))
      return "its checksum is wrong";
    layout_.last_modified.unix_ms =
        static_cast<std::int64_t>(load<std::uint64_t>(layout_.base + format::kLastModifiedAt));
    layout_.last_modified_text = http::format_http_date(layout_.last_modified.unix_seconds());
    layout_.seed = load<std::uint64_t>(layout_.base + format::kSeedAt);
    layout_.entries = load<std::uint32_t>(layout_.base + format::kEntriesAt);
    layout_.slot_count = load<std::uint32_t>(layout_.base + format::kSlotsAt);
    layout_.common_count = load<std::uint32_t>(layout_.base + format::kCommonBlocksAt);
    layout_.longest_error_page = load<std::uint32_t>(layout_.base + format::kLongestErrorPageAt);
    layout_.common_text_bytes = load<std::uint64_t>(layout_.base + format::kCommonTextBytesAt);
    layout_.records_bytes = load<std::uint64_t>(layout_.base + format::kRecordsBytesAt);
    layout_.rules_bytes = load<std::uint64_t>(layout_.base + format::kRulesBytesAt);
    if (!std::has_single_bit(layout_.slot_count) || layout_.slot_count <= layout_.entries)
      return "its hash table has an impossible size";
    return nullptr;
  }

  // Sections follow one another without gaps; the sum cannot overflow because each term is first held against the
  // file's length.
  const char* place_sections() {
    if (layout_.common_text_bytes > layout_.length || layout_.records_bytes > layout_.length ||
        layout_.rules_bytes > layout_.length || layout_.records_bytes % format::kAlignment != 0)
      return "a section is longer than the file";
    if (layout_.rules_bytes > 0 && layout_.rules_bytes < format::kRulesKeyBytes) return "its rules are cut short";
    const std::uint64_t records_at = format::kHeaderBytes;
    const std::uint64_t positions_at = records_at + layout_.records_bytes;
    const std::uint64_t slots_at = positions_at + format::aligned(std::uint64_t{layout_.entries} * 4);
    const std::uint64_t common_at = slots_at + std::uint64_t{layout_.slot_count} * format::kSlotBytes;
    const std::uint64_t text_begin = common_at + std::uint64_t{layout_.common_count} * format::kCommonRowBytes;
    const std::uint64_t rules_at = text_begin + format::aligned(layout_.common_text_bytes);
    if (rules_at + format::aligned(layout_.rules_bytes) != layout_.length)
      return "its sections do not add up to its length";
    layout_.positions = layout_.base + positions_at;
    layout_.slots = layout_.base + slots_at;
    layout_.common = layout_.base + common_at;
    layout_.common_text = layout_.base + text_begin;
    layout_.records = layout_.base + records_at;
    layout_.rules = layout_.base + rules_at;
    return nullptr;
  }

  // Every common block must be what we would have written: then no damaged byte can reach a visitor's header.
  const char* check_common_blocks() const {
    std::uint64_t place = 0;
    for (std::uint32_t i = 0; i < layout_.common_count; ++i) {
      const std::byte* row = layout_.common + std::size_t{i} * format::kCommonRowBytes;
      std::uint64_t block_length = load<std::uint16_t>(row + format::kCommonLengthAt);
      std::uint64_t media_type_length = load<std::uint16_t>(row + format::kCommonMediaTypeAt);
      std::uint8_t encoding = load<std::uint8_t>(row + format::kCommonEncodingAt);
      std::uint8_t flags = load<std::uint8_t>(row + format::kCommonFlagsAt);
      if (load<std::uint32_t>(row + format::kCommonTextAt) != place || block_length > layout_.common_text_bytes - place)
        return "a common block is misplaced";
      if (encoding >= kEncodingCount || flags > format::kKnownFlags) return "a common block has unknown flags";
      if (kContentTypeName.size() + media_type_length > block_length) return "a media type is longer than its block";
      std::string_view media_type = text_at(layout_.common_text + place + kContentTypeName.size(), media_type_length);
      if (!is_clean_media_type(media_type)) return "a media type is not clean";
      CommonBlock expected = common_block(media_type, static_cast<Encoding>(encoding), flags & format::kImmutableFlag,
                                          flags & format::kCompressibleFlag, flags & format::kSandboxedFlag,
                                          layout_.last_modified_text.view());
      if (expected.text != text_at(layout_.common_text + place, block_length) ||
          expected.details_at != load<std::uint16_t>(row + format::kCommonDetailsAt) ||
          expected.vary_at != load<std::uint16_t>(row + format::kCommonVaryAt) ||
          expected.cache_at != load<std::uint16_t>(row + format::kCommonCacheAt))
        return "a common block is not as it is written";
      place += block_length;
    }
    return place == layout_.common_text_bytes ? nullptr : "there is text behind the last common block";
  }

  // Records stand one behind the other in strict path order.
  const char* check_records() const {
    std::uint64_t place = 0;
    std::uint64_t longest = 0;
    std::string_view previous;
    const std::byte* done_to = layout_.records;
    for (std::uint32_t i = 0; i < layout_.entries; ++i) {
      if (std::uint64_t{load<std::uint32_t>(layout_.positions + std::size_t{i} * 4)} * format::kAlignment != place)
        return "a record is misplaced";
      std::uint64_t record_length = 0;
      if (const char* problem = check_record(layout_.records + place, layout_.records_bytes - place, record_length))
        return problem;
      std::string_view path = path_of(layout_.records + place);
      if (i > 0 && !(previous < path)) return "its paths are not in order";
      if (path.ends_with("/404.html")) longest = std::max<std::uint64_t>(longest, path.size());
      previous = path;
      place += record_length;
      note_done(layout_.records + place, done_to);
    }
    if (place != layout_.records_bytes) return "there are bytes behind the last record";
    return longest == layout_.longest_error_page ? nullptr : "its longest error page is another";
  }

  const char* check_record(const std::byte* record, std::uint64_t room, std::uint64_t& record_length) const {
    if (room < format::kRecordBytes) return "a record is cut short";
    std::uint8_t encodings = load<std::uint8_t>(record + format::kRecordEncodingsAt);
    std::uint8_t flags = load<std::uint8_t>(record + format::kRecordFlagsAt);
    if (!(encodings & 1) || encodings > format::kKnownEncodings || flags > format::kKnownFlags)
      return "a record has unknown flags";
    std::uint64_t own_at = format::kRecordBytes +
                           static_cast<unsigned>(std::popcount(encodings)) * format::kVariantBytes +
                           std::uint64_t{load<std::uint32_t>(record + format::kRecordPathLengthAt)};
    if (own_at > room) return "a record is cut short";
    const std::byte* identity_common = nullptr;
    for (unsigned encoding = 0; encoding < kEncodingCount; ++encoding) {
      if (!(encodings >> encoding & 1)) continue;
      const std::byte* row = variant_row(record, encoding);
      if (const char* problem = check_variant(record, row, encoding, flags, room, own_at)) return problem;
      const std::byte* block =
          layout_.common + std::size_t{load<std::uint32_t>(row + format::kVariantCommonAt)} * format::kCommonRowBytes;
      if (!identity_common) identity_common = block;
      if (media_type_of(layout_.common_text, block) != media_type_of(layout_.common_text, identity_common))
        return "the variants of a file differ in type";
    }
    record_length = format::aligned(own_at);
    return record_length <= room ? nullptr : "a record is cut short";
  }

  // Advances `own_at` beyond the variant's own block.
  const char* check_variant(const std::byte* record, const std::byte* row, unsigned encoding, std::uint8_t flags,
                            std::uint64_t room, std::uint64_t& own_at) const {
    std::uint32_t number = load<std::uint32_t>(row + format::kVariantCommonAt);
    if (number >= layout_.common_count) return "a variant names a common block that is not there";
    const std::byte* block = layout_.common + std::size_t{number} * format::kCommonRowBytes;
    if (load<std::uint8_t>(block + format::kCommonEncodingAt) != encoding ||
        load<std::uint8_t>(block + format::kCommonFlagsAt) != flags)
      return "a variant names a common block of another kind";
    Digest blob;
    std::memcpy(blob.bytes.data(), row + format::kVariantDigestAt, blob.bytes.size());
    std::uint64_t size = load<std::uint64_t>(row + format::kVariantSizeAt);
    std::size_t own_bytes = own_block_bytes(static_cast<Encoding>(encoding), size);
    if (load<std::uint32_t>(row + format::kVariantOwnAt) != own_at ||
        load<std::uint32_t>(row + format::kVariantOwnLengthAt) != own_bytes || own_bytes > room - own_at)
      return "a variant's own block is misplaced";
    std::array<char, 256> expected;
    write_own_block(expected.data(), static_cast<Encoding>(encoding), blob, size);
    if (text_at(record + own_at, own_bytes) != std::string_view(expected.data(), own_bytes))
      return "a variant's own block is not as it is written";
    own_at += own_bytes;
    return nullptr;
  }

  // As many used slots as records, all of them at records, and every record found from its path: the table is a
  // bijection.
  const char* check_slots() const {
    std::vector<bool> begins(layout_.records_bytes / format::kAlignment, false);
    for (std::uint32_t i = 0; i < layout_.entries; ++i)
      begins[load<std::uint32_t>(layout_.positions + std::size_t{i} * 4)] = true;
    std::uint64_t used = 0;
    for (std::uint32_t i = 0; i < layout_.slot_count; ++i) {
      std::uint64_t slot = load<std::uint64_t>(layout_.slots + std::size_t{i} * format::kSlotBytes);
      if (slot == 0) continue;
      std::uint64_t place = (slot & UINT32_MAX) - 1;  // of 0 it becomes huge
      if (place >= begins.size() || !begins[place]) return "a slot points at no record";
      ++used;
    }
    if (used != layout_.entries) return "its hash table has another number of entries";
    const std::byte* done_to = layout_.records;
    for (std::uint32_t i = 0; i < layout_.entries; ++i) {
      const std::byte* record = layout_.record_at(i);
      if (layout_.find(path_of(record)) != record) return "a path is not found in its hash table";
      note_done(record, done_to);
    }
    return nullptr;
  }

  // Tells what lies behind `record` since the last time, now and then.
  void note_done(const std::byte* record, const std::byte*& done_to) const {
    if (record - done_to < kToldAtOnce) return;
    done_(done_to, record);
    done_to = record;
  }

  IndexLayout& layout_;
  const std::function<void(const std::byte*, const std::byte*)>& done_;
};

}  // namespace

const char* check_index(const std::byte* base, std::size_t length, SiteIndex::Origin origin, IndexLayout& layout,
                        const std::function<void(const std::byte* begin, const std::byte* end)>& done) {
  layout.base = base;
  layout.length = length;
  return IndexCheck(layout, done).run(origin);
}

}  // namespace sitepod::serve
