#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "base/check.hpp"
#include "http/date.hpp"
#include "serve/header_blocks.hpp"
#include "serve/site_index.hpp"
#include "serve/site_index_format.hpp"
#include "serve/site_index_layout.hpp"

namespace sitepod::serve {
namespace {

constexpr std::string_view kErrorPage = "/404.html";
constexpr std::size_t kSmallestTable = 8;
// Paths are chosen by whoever deploys: a site whose paths are made to collide must not make lookups slow for its
// neighbours.
constexpr std::size_t kLongestProbe = 64;
constexpr std::uint64_t kSeedsTried = 16;
constexpr std::size_t kRecordsAtOnce = 256 * 1024;  // bytes
static_assert(kIndexHeaderBytes == format::kHeaderBytes);

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
                                   (file.gone ? format::kGoneFlag : 0) | (file.sandboxed ? format::kSandboxedFlag : 0) |
                                   (file.of_site ? format::kOfSiteFlag : 0));
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
    return number_of(is_clean_media_type(file.media_type) ? file.media_type : "application/octet-stream", encoding,
                     flags_of(file));
  }

  // Of the block that a row of another table describes.
  std::uint32_t number_of(const std::byte* others, const std::byte* others_text, std::uint32_t number) {
    if (others != others_) {
      others_ = others;
      numbers_of_others_.clear();
    }
    if (number >= numbers_of_others_.size()) numbers_of_others_.resize(number + 1, kUnknown);
    std::uint32_t& known = numbers_of_others_[number];
    if (known == kUnknown) {
      const std::byte* row = others + std::size_t{number} * format::kCommonRowBytes;
      known = number_of(media_type_of(others_text, row), format::load<std::uint8_t>(row + format::kCommonEncodingAt),
                        format::load<std::uint8_t>(row + format::kCommonFlagsAt));
    }
    return known;
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
  using Key = std::tuple<std::string, std::size_t, std::uint8_t>;
  using KeyView = std::tuple<std::string_view, std::size_t, std::uint8_t>;
  // clang 14 cannot compare the two kinds of tuple by g++'s operator<=>, so std::less<> will not do.
  struct InOrder {
    using is_transparent = void;
    bool operator()(const KeyView& a, const KeyView& b) const { return a < b; }
  };
  struct Numbered {
    CommonBlock block;
    std::uint8_t encoding;
    std::uint8_t flags;
  };
  static constexpr std::uint32_t kUnknown = UINT32_MAX;

  std::uint32_t number_of(std::string_view media_type, std::size_t encoding, std::uint8_t flags) {
    const KeyView key(media_type, encoding, flags);
    auto place = numbers_.find(key);
    if (place == numbers_.end()) {
      place = numbers_.emplace(key, static_cast<std::uint32_t>(blocks_.size())).first;
      blocks_.push_back(
          {common_block(media_type, encoding_of(encoding), flags & format::kImmutableFlag,
                        flags & format::kCompressibleFlag, flags & format::kSandboxedFlag, last_modified_),
           static_cast<std::uint8_t>(encoding), flags});
      text_bytes_ += blocks_.back().block.text.size();
    }
    return place->second;
  }

  std::string_view last_modified_;
  std::map<Key, std::uint32_t, InOrder> numbers_;
  std::vector<Numbered> blocks_;
  std::uint64_t text_bytes_ = 0;
  const std::byte* others_ = nullptr;             // the table of another index
  std::vector<std::uint32_t> numbers_of_others_;  // by number there
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

// The paths of the records in their order, and where each record stands.
struct Placed {
  std::string paths;
  std::vector<std::uint32_t> path_ends;
  std::vector<std::uint32_t> places;  // in the records, divided by kAlignment

  std::size_t size() const { return places.size(); }
  std::string_view path(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : path_ends[i - 1];
    return std::string_view(paths).substr(begin, path_ends[i] - begin);
  }
};

// False when some path would lie further than kLongestProbe from its place; the slots are then useless and to be
// cleared.
bool fill_slots(std::vector<std::uint64_t>& slots, std::uint64_t seed, const Placed& placed, bool at_any_cost) {
  for (std::size_t i = 0; i < placed.size(); ++i) {
    std::uint64_t hash = format::hash_path(placed.path(i), seed);
    std::size_t slot = hash & (slots.size() - 1);
    for (std::size_t probe = 0; slots[slot] != 0; ++probe) {
      if (probe == kLongestProbe && !at_any_cost) return false;
      slot = (slot + 1) & (slots.size() - 1);
    }
    slots[slot] = (hash >> 32 << 32) | (std::uint64_t{placed.places[i]} + 1);
  }
  return true;
}

std::uint64_t fill_slots_evenly(std::vector<std::uint64_t>& slots, const Placed& placed) {
  std::uint64_t seed = 0;
  while (!fill_slots(slots, seed, placed, seed == kSeedsTried)) {
    std::fill(slots.begin(), slots.end(), 0);
    ++seed;
  }
  return seed;
}

}  // namespace

struct SiteIndexWriter::State {
  State(Instant committed_at, Sink receiver)
      : sink(std::move(receiver)),
        instant(committed_at),
        last_modified(http::format_http_date(committed_at.unix_seconds())),
        common(last_modified.view()) {}

  Result<void> put(std::string_view bytes) {
    checksum.add(bytes.data(), bytes.size());
    total += bytes.size();
    return sink(bytes);
  }
  // A section, padded with zeros to a multiple of kAlignment.
  Result<void> put_section(std::string& bytes) {
    bytes.resize(format::aligned(bytes.size()));
    return put(bytes);
  }
  Result<void> flush_records() {
    Result<void> written = put(records);
    records.clear();
    return written;
  }
  Result<void> add(const IndexInput& file);
  Result<void> add_as_before(const std::byte* record, const std::byte* common, const std::byte* common_text);
  // Room for the record of the path; null: the path has one already.
  char* begin_record(std::string_view path, std::uint64_t bytes);
  Result<void> end_record() { return records.size() < kRecordsAtOnce ? Result<void>() : flush_records(); }
  Result<std::string> finish();

  const Sink sink;
  const Instant instant;
  const http::HttpDate last_modified;
  CommonBlocks common;
  Placed placed;
  std::string records;  // those that the sink has not got yet
  std::string rules;    // with the key in front
  std::uint64_t records_bytes = 0;
  std::uint64_t total = 0;
  std::size_t longest_error_page = 0;
  format::Checksum checksum;
};

char* SiteIndexWriter::State::begin_record(std::string_view path, std::uint64_t bytes) {
  if (placed.size() > 0 && placed.path(placed.size() - 1) == path) return nullptr;
  // 32 GiB of records and 4 GiB of paths or header text are far beyond what a manifest may hold.
  SITEPOD_CHECK((records_bytes + bytes) / format::kAlignment < UINT32_MAX &&
                placed.paths.size() + path.size() < UINT32_MAX && common.text_bytes() < UINT32_MAX);
  placed.places.push_back(static_cast<std::uint32_t>(records_bytes / format::kAlignment));
  placed.paths += path;
  placed.path_ends.push_back(static_cast<std::uint32_t>(placed.paths.size()));
  if (path.ends_with(kErrorPage)) longest_error_page = std::max(longest_error_page, path.size());
  records_bytes += bytes;
  const std::size_t at = records.size();
  records.resize(at + bytes);
  return records.data() + at;
}

Result<void> SiteIndexWriter::State::add(const IndexInput& file) {
  char* record = begin_record(file.path, record_bytes(file));
  if (record == nullptr) return {};
  write_record(record, file, common);
  return end_record();
}

// Only the numbers of common blocks are others than there.
Result<void> SiteIndexWriter::State::add_as_before(const std::byte* before, const std::byte* others,
                                                   const std::byte* others_text) {
  const std::size_t bytes = length_of(before);
  char* record = begin_record(path_of(before), bytes);
  if (record == nullptr) return {};
  std::memcpy(record, before, bytes);
  const std::byte* end = variant_row(before, kEncodingCount);
  for (const std::byte* row = variant_row(before, 0); row != end; row += format::kVariantBytes)
    format::store(record + (row - before) + format::kVariantCommonAt,
                  common.number_of(others, others_text, format::load<std::uint32_t>(row + format::kVariantCommonAt)));
  return end_record();
}

Result<std::string> SiteIndexWriter::State::finish() {
  SITEPOD_TRY(flush_records());
  records = {};
  std::vector<std::uint64_t> slots(std::max(kSmallestTable, std::bit_ceil(placed.size() * 2)));
  const std::uint64_t seed = fill_slots_evenly(slots, placed);
  std::string section;
  for (const std::uint32_t place : placed.places) format::append(section, place);
  SITEPOD_TRY(put_section(section));
  const std::size_t entries = placed.size();
  placed = {};
  section.clear();
  for (const std::uint64_t slot : slots) {
    format::append(section, slot);
    if (section.size() < kRecordsAtOnce) continue;
    SITEPOD_TRY(put(section));
    section.clear();
  }
  SITEPOD_TRY(put(section));
  section.assign(common.count() * format::kCommonRowBytes + common.text_bytes(), '\0');
  common.write(section.data(), section.data() + common.count() * format::kCommonRowBytes);
  SITEPOD_TRY(put_section(section));
  const std::size_t rules_bytes = rules.size();
  SITEPOD_TRY(put_section(rules));

  std::string header(format::kHeaderBytes, '\0');
  std::copy(format::kMagic.begin(), format::kMagic.end(), header.data() + format::kMagicAt);
  format::store(header.data() + format::kVersionAt, format::kVersion);
  format::store(header.data() + format::kHeaderBytesAt, static_cast<std::uint32_t>(format::kHeaderBytes));
  format::store(header.data() + format::kTotalBytesAt, format::kHeaderBytes + total);
  format::store(header.data() + format::kLastModifiedAt, static_cast<std::uint64_t>(instant.unix_ms));
  format::store(header.data() + format::kSeedAt, seed);
  format::store(header.data() + format::kEntriesAt, static_cast<std::uint32_t>(entries));
  format::store(header.data() + format::kSlotsAt, static_cast<std::uint32_t>(slots.size()));
  format::store(header.data() + format::kCommonBlocksAt, static_cast<std::uint32_t>(common.count()));
  format::store(header.data() + format::kLongestErrorPageAt, static_cast<std::uint32_t>(longest_error_page));
  format::store(header.data() + format::kCommonTextBytesAt, common.text_bytes());
  format::store(header.data() + format::kRecordsBytesAt, records_bytes);
  format::store(header.data() + format::kRulesBytesAt, static_cast<std::uint64_t>(rules_bytes));
  checksum.add(header.data() + format::kChecksummedFrom, format::kHeaderBytes - format::kChecksummedFrom);
  format::store(header.data() + format::kChecksumAt, checksum.value());
  return header;
}

SiteIndexWriter::SiteIndexWriter(Instant committed_at, Sink sink)
    : state_(std::make_unique<State>(committed_at, std::move(sink))) {}
SiteIndexWriter::~SiteIndexWriter() = default;

Result<void> SiteIndexWriter::add(const IndexInput& file) { return state_->add(file); }
Result<void> SiteIndexWriter::add_as_before(const IndexEntry& entry) {
  return state_->add_as_before(entry.record_, entry.common_, entry.common_text_);
}
void SiteIndexWriter::set_rules(std::string_view rules, const Digest& key) {
  state_->rules.assign(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
  state_->rules += rules;
}
Result<std::string> SiteIndexWriter::finish() { return state_->finish(); }

std::string build_site_index(std::span<const IndexInput> files, Instant committed_at, std::string_view rules,
                             const Digest& key) {
  std::string out(format::kHeaderBytes, '\0');
  SiteIndexWriter writer(committed_at, [&](std::string_view bytes) {
    out += bytes;
    return Result<void>();
  });
  for (const std::uint32_t i : in_path_order(files)) SITEPOD_CHECK(writer.add(files[i]).ok());
  if (!rules.empty()) writer.set_rules(rules, key);
  const Result<std::string> header = writer.finish();
  SITEPOD_CHECK(header.ok());
  std::copy(header->begin(), header->end(), out.begin());
  return out;
}

}  // namespace sitepod::serve
