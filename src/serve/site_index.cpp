#include "serve/site_index.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>

#include "base/error.hpp"
#include "serve/header_blocks.hpp"
#include "serve/site_index_format.hpp"
#include "serve/site_index_layout.hpp"

namespace sitepod::serve {
namespace {

using format::load;

std::string_view text_at(const std::byte* from, std::size_t length) {
  return {reinterpret_cast<const char*>(from), length};
}

// A smaller file costs less memory as a copy than in whole pages, and the kernel allows only so many mappings.
constexpr std::size_t kSmallestMapping = 64 * 1024;

// Requires: as long as a key at least.
Result<std::unique_ptr<const SiteRules>> read_rules(std::string_view section) {
  Digest key;
  std::memcpy(key.bytes.data(), section.data(), format::kRulesKeyBytes);
  model::ImageRules rules = SITEPOD_TRY(model::parse_rules(section.substr(format::kRulesKeyBytes)));
  return std::unique_ptr<const SiteRules>(std::make_unique<SiteRules>(std::move(rules), key));
}

// The check reads everything, visitors little of it: until they do, pages stay in the kernel's cache alone.
void forget_pages(const std::byte* begin, const std::byte* end) {
  static const auto kPage = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = reinterpret_cast<std::uintptr_t>(begin) / kPage * kPage;
  // Advice: what it does not do costs memory and nothing else.
  static_cast<void>(
      ::madvise(reinterpret_cast<void*>(first), reinterpret_cast<std::uintptr_t>(end) - first, MADV_DONTNEED));
}

}  // namespace

const std::byte* variant_row(const std::byte* record, unsigned encoding) {
  // Rows stand in ascending order of the encodings that are stored.
  unsigned before = load<std::uint8_t>(record + format::kRecordEncodingsAt) & ((1u << encoding) - 1);
  return record + format::kRecordBytes + static_cast<unsigned>(std::popcount(before)) * format::kVariantBytes;
}

std::string_view path_of(const std::byte* record) {
  return text_at(variant_row(record, kEncodingCount), load<std::uint32_t>(record + format::kRecordPathLengthAt));
}

std::size_t length_of(const std::byte* record) {
  const auto encodings = unsigned{load<std::uint8_t>(record + format::kRecordEncodingsAt)};
  const std::byte* last = variant_row(record, static_cast<unsigned>(std::bit_width(encodings)) - 1);
  const std::uint64_t end = std::uint64_t{load<std::uint32_t>(last + format::kVariantOwnAt)} +
                            load<std::uint32_t>(last + format::kVariantOwnLengthAt);
  return format::aligned(end);
}

std::string_view media_type_of(const std::byte* common_text, const std::byte* row) {
  return text_at(common_text + load<std::uint32_t>(row + format::kCommonTextAt) + kContentTypeName.size(),
                 load<std::uint16_t>(row + format::kCommonMediaTypeAt));
}

const std::byte* IndexLayout::record_at(std::size_t position) const {
  return records + std::size_t{load<std::uint32_t>(positions + position * 4)} * format::kAlignment;
}

const std::byte* IndexLayout::find(std::string_view path) const {
  std::uint64_t hash = format::hash_path(path, seed);
  for (std::size_t i = hash & (slot_count - 1);; i = (i + 1) & (slot_count - 1)) {
    std::uint64_t slot = load<std::uint64_t>(slots + i * format::kSlotBytes);
    if (slot == 0) return nullptr;
    if (slot >> 32 != hash >> 32) continue;
    const std::byte* record = records + ((slot & UINT32_MAX) - 1) * format::kAlignment;
    if (path_of(record) == path) return record;
  }
}

std::string_view StoredVariant::etag() const { return {own_block.data() + kEtagName.size(), kEtagBytes}; }
std::string_view StoredVariant::etag_line() const { return {own_block.data(), kEtagLineBytes}; }
std::string_view StoredVariant::validator_lines() const { return {own_block.data(), content_length_at}; }

std::string_view IndexEntry::path() const { return path_of(record_); }

std::string_view IndexEntry::media_type() const {
  std::size_t number = load<std::uint32_t>(record_ + format::kRecordBytes + format::kVariantCommonAt);
  return media_type_of(common_text_, common_ + number * format::kCommonRowBytes);
}

std::uint64_t IndexEntry::size() const {
  return load<std::uint64_t>(record_ + format::kRecordBytes + format::kVariantSizeAt);
}
bool IndexEntry::immutable() const {
  return load<std::uint8_t>(record_ + format::kRecordFlagsAt) & format::kImmutableFlag;
}
bool IndexEntry::compressible() const {
  return load<std::uint8_t>(record_ + format::kRecordFlagsAt) & format::kCompressibleFlag;
}

bool IndexEntry::sandboxed() const {
  return load<std::uint8_t>(record_ + format::kRecordFlagsAt) & format::kSandboxedFlag;
}

bool IndexEntry::gone() const { return load<std::uint8_t>(record_ + format::kRecordFlagsAt) & format::kGoneFlag; }

bool IndexEntry::of_site() const { return load<std::uint8_t>(record_ + format::kRecordFlagsAt) & format::kOfSiteFlag; }

bool IndexEntry::has(Encoding encoding) const {
  return load<std::uint8_t>(record_ + format::kRecordEncodingsAt) >> static_cast<unsigned>(encoding) & 1u;
}

bool IndexEntry::has_encoded_variants() const { return load<std::uint8_t>(record_ + format::kRecordEncodingsAt) != 1; }

StoredVariant IndexEntry::variant(Encoding encoding) const {
  const std::byte* row = variant_row(record_, static_cast<unsigned>(encoding));
  const std::byte* common = common_ + load<std::uint32_t>(row + format::kVariantCommonAt) * format::kCommonRowBytes;
  StoredVariant result;
  std::memcpy(result.blob.bytes.data(), row + format::kVariantDigestAt, result.blob.bytes.size());
  result.size = load<std::uint64_t>(row + format::kVariantSizeAt);
  result.own_block = text_at(record_ + load<std::uint32_t>(row + format::kVariantOwnAt),
                             load<std::uint32_t>(row + format::kVariantOwnLengthAt));
  result.common_block = text_at(common_text_ + load<std::uint32_t>(common + format::kCommonTextAt),
                                load<std::uint16_t>(common + format::kCommonLengthAt));
  result.content_length_at = content_length_place(encoding);
  result.details_at = load<std::uint16_t>(common + format::kCommonDetailsAt);
  result.vary_at = load<std::uint16_t>(common + format::kCommonVaryAt);
  result.cache_at = load<std::uint16_t>(common + format::kCommonCacheAt);
  return result;
}

// The file's bytes, wherever they live.
struct SiteIndex::Mapping {
  std::string owned;  // from_bytes
  IndexLayout layout;
  void* mapped = nullptr;  // open
  std::size_t mapped_bytes = 0;

  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (mapped) ::munmap(mapped, mapped_bytes);
  }
};

SiteIndex::SiteIndex(std::unique_ptr<Mapping> mapping, std::unique_ptr<const SiteRules> rules)
    : mapping_(std::move(mapping)), rules_(std::move(rules)) {}
SiteIndex::~SiteIndex() = default;

Result<std::shared_ptr<const SiteIndex>> SiteIndex::adopt(std::unique_ptr<Mapping> mapping, const std::byte* base,
                                                          std::size_t length, Origin origin) {
  const bool is_mapped = mapping->mapped != nullptr;
  const char* problem =
      check_index(base, length, origin, mapping->layout, [&](const std::byte* begin, const std::byte* end) {
        if (is_mapped) forget_pages(begin, end);
      });
  if (is_mapped) forget_pages(base, base + length);
  if (problem) return internal(std::string("site index is damaged: ") + problem);
  std::unique_ptr<const SiteRules> rules;
  if (const IndexLayout& layout = mapping->layout; layout.rules_bytes > 0)
    rules = SITEPOD_TRY(read_rules(text_at(layout.rules, layout.rules_bytes)));
  return std::shared_ptr<const SiteIndex>(new SiteIndex(std::move(mapping), std::move(rules)));
}

Result<std::shared_ptr<const SiteIndex>> SiteIndex::open(const UniqueFd& fd, Origin origin) {
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return from_errno(errno, "reading the size of a site index");
  if (!S_ISREG(status.st_mode) || status.st_size <= 0) return internal("site index is damaged: it is empty or no file");
  auto mapping = std::make_unique<Mapping>();
  auto length = static_cast<std::size_t>(status.st_size);
  if (length < kSmallestMapping) {
    std::string bytes(length, '\0');
    // The file's length cannot change: what is shorter now was cut, and fails its check.
    if (::pread(fd.get(), bytes.data(), length, 0) < 0) return from_errno(errno, "reading a site index");
    return from_bytes(std::move(bytes));
  }
  void* address = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) return from_errno(errno, "mapping a site index");
  mapping->mapped = address;
  mapping->mapped_bytes = length;
  return adopt(std::move(mapping), static_cast<const std::byte*>(address), length, origin);
}

Result<std::shared_ptr<const SiteIndex>> SiteIndex::from_bytes(std::string bytes) {
  auto mapping = std::make_unique<Mapping>();
  mapping->owned = std::move(bytes);
  auto owned = std::as_bytes(std::span(mapping->owned));
  return adopt(std::move(mapping), owned.data(), owned.size(), Origin::Unknown);
}

std::optional<IndexEntry> SiteIndex::find(std::string_view path) const {
  const std::byte* record = mapping_->layout.find(path);
  if (!record) return std::nullopt;
  return IndexEntry(mapping_->layout.common, mapping_->layout.common_text, record);
}

std::size_t SiteIndex::size() const { return mapping_->layout.entries; }

IndexEntry SiteIndex::at(std::size_t position) const {
  return IndexEntry(mapping_->layout.common, mapping_->layout.common_text, mapping_->layout.record_at(position));
}

std::size_t SiteIndex::longest_error_page_path() const { return mapping_->layout.longest_error_page; }
std::size_t SiteIndex::memory_bytes() const { return mapping_->mapped ? kSmallestMapping : mapping_->owned.size(); }
Instant SiteIndex::last_modified() const { return mapping_->layout.last_modified; }
std::string_view SiteIndex::last_modified_text() const { return mapping_->layout.last_modified_text.view(); }

}  // namespace sitepod::serve
