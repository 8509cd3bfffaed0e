#include "deploy/plan_entries.hpp"

#include <endian.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/check.hpp"

namespace sitepod::deploy {
namespace {

// docs/formats/plan-entries.md: magic, count, media types, then the entries one behind the other.
constexpr std::string_view kMagic = "SPPE1\n";

// Flags of an entry.
constexpr std::uint8_t kKindMask = 3;
constexpr std::uint8_t kHadSlash = 4;
constexpr std::uint8_t kHasClaim = 8;
constexpr std::uint8_t kHasSize = 16;
constexpr std::uint8_t kKnownFlags = 31;
constexpr std::size_t kNameOffset = 1;  // the name stands right behind the flags
constexpr std::size_t kDigestBytes = 32;

void append_varint(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

void append_text(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

void append_digest(std::string& out, const Digest& digest) {
  out.append(reinterpret_cast<const char*>(digest.bytes.data()), kDigestBytes);
}

Digest digest_at(std::string_view bytes, std::size_t offset) {
  Digest digest;
  std::memcpy(digest.bytes.data(), bytes.data() + offset, kDigestBytes);
  return digest;
}

// Reads what append_* wrote; after a misstep `ok` stays false and everything is empty.
class Cursor {
 public:
  Cursor(std::string_view bytes, std::size_t offset) : bytes_(bytes), offset_(offset) {}

  bool ok() const { return ok_; }
  std::size_t offset() const { return offset_; }
  std::string_view take(std::size_t count) {
    if (!ok_ || count > bytes_.size() - offset_) {
      ok_ = false;
      return {};
    }
    const std::string_view piece = bytes_.substr(offset_, count);
    offset_ += count;
    return piece;
  }
  std::uint8_t byte() {
    const std::string_view piece = take(1);
    return piece.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(piece[0]);
  }
  std::uint64_t varint() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      if (!ok_ || (shift == 63 && next > 1)) break;
      number |= std::uint64_t{next & 0x7Fu} << shift;
      if (next < 0x80) {
        if (next == 0 && shift > 0) break;  // not the shortest form
        return number;
      }
    }
    ok_ = false;
    return 0;
  }
  std::string_view text() { return take(static_cast<std::size_t>(std::min<std::uint64_t>(varint(), SIZE_MAX))); }
  Digest digest() {
    const std::string_view piece = take(kDigestBytes);
    return ok_ ? digest_at(piece, 0) : Digest{};
  }

 private:
  std::string_view bytes_;
  std::size_t offset_;
  bool ok_ = true;
};

struct RawEntry {
  PlanEntry entry;
  std::uint64_t media_type = 0;  // 0: none, else position + 1
};

RawEntry read_entry(Cursor& cursor) {
  RawEntry raw;
  const std::uint8_t flags = cursor.byte();
  raw.entry.name_kind = static_cast<NameKind>(flags & kKindMask);
  raw.entry.had_slash = flags & kHadSlash;
  raw.entry.name = cursor.digest();
  raw.entry.path = cursor.text();
  if (flags & kHasClaim) raw.entry.claimed_sha256 = cursor.digest();
  if (flags & kHasSize) raw.entry.size = cursor.varint();
  raw.media_type = cursor.varint();
  return raw;
}

Error broken(std::string_view what) { return internal("plan entries are damaged: " + std::string(what)); }

}  // namespace

PlanEntries::Builder::Builder(std::size_t expected_bytes) { bytes_.reserve(expected_bytes); }

void PlanEntries::Builder::add(const PlanEntry& entry) {
  SITEPOD_CHECK(bytes_.size() <= UINT32_MAX);
  offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  unsigned flags = static_cast<unsigned>(entry.name_kind);
  if (entry.had_slash) flags |= kHadSlash;
  if (entry.claimed_sha256) flags |= kHasClaim;
  if (entry.size) flags |= kHasSize;
  bytes_ += static_cast<char>(flags);
  append_digest(bytes_, entry.name);
  append_text(bytes_, entry.path);
  if (entry.claimed_sha256) append_digest(bytes_, *entry.claimed_sha256);
  if (entry.size) append_varint(bytes_, *entry.size);
  append_varint(bytes_, entry.media_type.empty() ? 0 : std::uint64_t{number_of(entry.media_type)} + 1);
}

std::uint32_t PlanEntries::Builder::number_of(std::string_view media_type) {
  // Neighbours tend to have the same.
  if (last_media_type_ < media_types_.size() && media_types_[last_media_type_] == media_type) return last_media_type_;
  auto known = media_type_numbers_.find(media_type);
  if (known == media_type_numbers_.end()) {
    known = media_type_numbers_.emplace(media_type, static_cast<std::uint32_t>(media_types_.size())).first;
    media_types_.emplace_back(media_type);
  }
  return last_media_type_ = known->second;
}

Result<PlanEntries> PlanEntries::Builder::build() && {
  PlanEntries entries;
  entries.bytes_ = std::move(bytes_);
  entries.offsets_ = std::move(offsets_);
  entries.media_types_ = std::move(media_types_);
  SITEPOD_TRY(entries.index());
  return entries;
}

// Sorts both orders; equal paths with equal names keep the first of the request.
Result<void> PlanEntries::index() {
  sort_by_path();
  std::vector<std::uint32_t> repeated;
  std::string_view before;
  for (std::size_t i = 0; i < by_path_.size(); ++i) {
    const std::string_view path = path_at(by_path_[i]);
    if (i > 0 && path == before) {
      if (!has_same_name(by_path_[i], by_path_[i - 1]))
        return invalid_request("The path \"" + std::string(path) + "\" stands twice with different hashes.");
      repeated.push_back(by_path_[i]);
    }
    before = path;
  }
  if (!repeated.empty()) return drop_repeated(std::move(repeated));
  sort_by_name();
  return {};
}

// What is left moves together and is indexed anew, now without repetitions.
Result<void> PlanEntries::drop_repeated(std::vector<std::uint32_t> repeated) {
  std::sort(repeated.begin(), repeated.end());
  std::vector<std::uint32_t> kept;
  std::size_t end = entries_begin_;
  for (std::uint32_t i = 0; i < offsets_.size(); ++i) {
    if (std::binary_search(repeated.begin(), repeated.end(), i)) continue;
    const std::size_t begin = offsets_[i];
    const std::size_t length = (i + 1 < offsets_.size() ? offsets_[i + 1] : bytes_.size()) - begin;
    std::memmove(bytes_.data() + end, bytes_.data() + begin, length);
    kept.push_back(static_cast<std::uint32_t>(end));
    end += length;
  }
  bytes_.resize(end);
  offsets_ = std::move(kept);
  return index();
}

// Programs send paths in order, as a rule; where they do not, sixteen bytes of each path stand in the list that is
// sorted, and nearly always decide.
void PlanEntries::sort_by_path() {
  by_path_.resize(offsets_.size());
  std::iota(by_path_.begin(), by_path_.end(), 0u);
  bool is_sorted = true;
  for (std::uint32_t i = 1; i < by_path_.size() && is_sorted; ++i) is_sorted = path_at(i - 1) <= path_at(i);
  if (is_sorted) return;

  struct Key {
    std::uint64_t first, second;  // big-endian: ordered as the bytes are; zeros behind a shorter path
    std::uint32_t position;
  };
  std::vector<Key> keys(offsets_.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    const std::string_view path = path_at(i);
    std::uint64_t words[2] = {};
    std::memcpy(words, path.data(), std::min(path.size(), sizeof words));
    keys[i] = {be64toh(words[0]), be64toh(words[1]), i};
  }
  std::sort(keys.begin(), keys.end(), [this](const Key& a, const Key& b) {
    if (a.first != b.first) return a.first < b.first;
    if (a.second != b.second) return a.second < b.second;
    const int order = path_at(a.position).compare(path_at(b.position));
    return order != 0 ? order < 0 : a.position < b.position;
  });
  std::transform(keys.begin(), keys.end(), by_path_.begin(), [](const Key& key) { return key.position; });
}

// Names are uniform, so their first bits nearly put them into order; what shares those is sorted where it stands.
void PlanEntries::sort_by_name() {
  const auto prefix_of = [this](std::uint32_t position) {
    std::uint64_t prefix;
    std::memcpy(&prefix, bytes_.data() + offsets_[position] + kNameOffset, sizeof prefix);
    return be64toh(prefix);
  };
  const auto is_before = [&](std::uint32_t a, std::uint32_t b) {
    const std::uint64_t first = prefix_of(a), second = prefix_of(b);
    if (first != second) return first < second;
    const int order =
        std::memcmp(bytes_.data() + offsets_[a] + kNameOffset, bytes_.data() + offsets_[b] + kNameOffset, kDigestBytes);
    return order != 0 ? order < 0 : a < b;
  };
  const auto bits = static_cast<unsigned>(std::bit_width(offsets_.size() / 2));
  const auto bucket_of = [&](std::uint32_t position) {
    return bits == 0 ? std::size_t{0} : static_cast<std::size_t>(prefix_of(position) >> (64 - bits));
  };
  std::vector<std::uint32_t> ends((std::size_t{1} << bits) + 1);
  for (std::uint32_t i = 0; i < offsets_.size(); ++i) ++ends[bucket_of(i) + 1];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  by_name_.resize(offsets_.size());
  for (std::uint32_t i = 0; i < offsets_.size(); ++i) by_name_[ends[bucket_of(i)]++] = i;
  // Each bucket's begin has become its end.
  for (std::size_t bucket = 0, begin = 0; bucket + 1 < ends.size(); begin = ends[bucket++])
    std::sort(by_name_.begin() + static_cast<std::ptrdiff_t>(begin),
              by_name_.begin() + static_cast<std::ptrdiff_t>(ends[bucket]), is_before);

  has_repeated_names_ = false;
  for (std::size_t i = 1; i < by_name_.size() && !has_repeated_names_; ++i)
    has_repeated_names_ = has_same_name(by_name_[i], by_name_[i - 1]);
}

std::string PlanEntries::head() const {
  std::string head(kMagic);
  append_varint(head, offsets_.size());
  append_varint(head, media_types_.size());
  for (const std::string& type : media_types_) append_text(head, type);
  return head;
}

Result<void> PlanEntries::each_piece(std::size_t most,
                                     const std::function<Result<void>(std::string_view)>& each) const {
  const std::string first = head();
  for (std::string_view rest : {std::string_view(first), std::string_view(bytes_).substr(entries_begin_)})
    for (; !rest.empty(); rest.remove_prefix(std::min(most, rest.size()))) SITEPOD_TRY(each(rest.substr(0, most)));
  return {};
}

std::string PlanEntries::to_bytes() const { return head().append(bytes_, entries_begin_); }

Result<PlanEntries> PlanEntries::from_bytes(std::string bytes) {
  if (!std::string_view(bytes).starts_with(kMagic)) return broken("no magic");
  PlanEntries entries;
  entries.bytes_ = std::move(bytes);
  Cursor cursor(entries.bytes_, kMagic.size());
  const std::uint64_t count = cursor.varint();
  const std::uint64_t types = cursor.varint();
  for (std::uint64_t i = 0; i < types && cursor.ok(); ++i) entries.media_types_.emplace_back(cursor.text());
  const std::size_t entries_begin = cursor.offset();
  for (std::uint64_t i = 0; i < count && cursor.ok(); ++i) {
    if (cursor.offset() > UINT32_MAX) return broken("too long");
    const std::size_t offset = cursor.offset();
    entries.offsets_.push_back(static_cast<std::uint32_t>(offset));
    const RawEntry raw = read_entry(cursor);
    if (!cursor.ok()) break;
    const auto flags = static_cast<std::uint8_t>(entries.bytes_[offset]);
    if (flags > kKnownFlags || (flags & kKindMask) == kKindMask || raw.media_type > types) return broken("bad entry");
  }
  if (!cursor.ok()) return broken("short");
  if (cursor.offset() != entries.bytes_.size()) return broken("trailing bytes");
  entries.entries_begin_ = entries_begin;
  if (!entries.index().ok() || entries.size() != count) return broken("a path stands twice");
  return entries;
}

PlanEntry PlanEntries::at(std::size_t position) const {
  Cursor cursor(bytes_, offsets_.at(position));
  RawEntry raw = read_entry(cursor);
  if (raw.media_type != 0) raw.entry.media_type = media_types_[raw.media_type - 1];
  return raw.entry;
}

Digest PlanEntries::name_at(std::uint32_t position) const {
  return digest_at(bytes_, offsets_[position] + kNameOffset);
}

std::string_view PlanEntries::path_at(std::uint32_t position) const {
  return Cursor(bytes_, offsets_[position] + kNameOffset + kDigestBytes).text();
}

std::span<const std::uint32_t> PlanEntries::find_name(const Digest& name) const {
  struct ByName {
    const PlanEntries& entries;
    bool operator()(std::uint32_t position, const Digest& wanted) const { return entries.name_at(position) < wanted; }
    bool operator()(const Digest& wanted, std::uint32_t position) const { return wanted < entries.name_at(position); }
  };
  const auto [first, last] = std::equal_range(by_name_.begin(), by_name_.end(), name, ByName{*this});
  return {first, last};
}

std::optional<std::size_t> PlanEntries::find_path(std::string_view path) const {
  const auto found =
      std::lower_bound(by_path_.begin(), by_path_.end(), path,
                       [this](std::uint32_t position, std::string_view wanted) { return path_at(position) < wanted; });
  if (found == by_path_.end() || path_at(*found) != path) return std::nullopt;
  return *found;
}

std::vector<std::uint32_t> PlanEntries::distinct_names() const {
  if (!has_repeated_names_) return all_positions();
  std::vector<std::uint32_t> firsts = sorted_name_positions();
  std::sort(firsts.begin(), firsts.end());
  return firsts;
}

std::vector<std::uint32_t> PlanEntries::all_positions() const {
  std::vector<std::uint32_t> positions(offsets_.size());
  std::iota(positions.begin(), positions.end(), 0u);
  return positions;
}

std::vector<std::uint32_t> PlanEntries::sorted_name_positions() const {
  if (!has_repeated_names_) return by_name_;
  std::vector<std::uint32_t> firsts;
  firsts.reserve(by_name_.size());
  for (std::size_t i = 0; i < by_name_.size(); ++i)
    if (i == 0 || !has_same_name(by_name_[i], by_name_[i - 1])) firsts.push_back(by_name_[i]);
  return firsts;
}

std::vector<Digest> PlanEntries::sorted_names() const {
  std::vector<Digest> names;
  names.reserve(by_name_.size());
  for (const std::uint32_t position : sorted_name_positions()) names.push_back(name_at(position));
  return names;
}

std::vector<std::uint32_t> PlanEntries::name_slots() const {
  if (!has_repeated_names_) return all_positions();
  std::vector<std::uint32_t> slots(by_name_.size());  // first the position of the name's first entry, then its slot
  for (std::size_t i = 0; i < by_name_.size(); ++i) {
    const bool repeats = i > 0 && has_same_name(by_name_[i], by_name_[i - 1]);
    slots[by_name_[i]] = repeats ? slots[by_name_[i - 1]] : by_name_[i];
  }
  std::uint32_t next = 0;
  for (std::uint32_t position = 0; position < slots.size(); ++position)
    slots[position] = slots[position] == position ? next++ : slots[slots[position]];
  return slots;
}

bool PlanEntries::has_same_name(std::uint32_t a, std::uint32_t b) const {
  return std::memcmp(bytes_.data() + offsets_[a] + kNameOffset, bytes_.data() + offsets_[b] + kNameOffset,
                     kDigestBytes) == 0;
}

std::size_t PlanEntries::memory_bytes() const {
  // Room reserved for more bytes than came was never touched, so it costs nothing.
  return sizeof *this + bytes_.size() +
         (offsets_.capacity() + by_path_.capacity() + by_name_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace sitepod::deploy
