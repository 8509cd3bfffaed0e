#include "model/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "model/names.hpp"

namespace sitepod::model {
namespace {

constexpr std::size_t kHexLength = 64;
constexpr std::size_t kMaxMediaType = 255;
constexpr std::size_t kMaxLine = 4096;  // more than any path and media type make
constexpr std::uint64_t kMaxTotalSize = std::numeric_limits<std::int64_t>::max();  // databases count in signed 64 bits

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

Error damaged(std::string_view why) { return internal("manifest: " + std::string(why)); }

// Only the spelling that to_chars would give.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool is_canonical =
      error == std::errc() && end == text.data() + text.size() && (text.size() == 1 || text.front() != '0');
  return is_canonical ? std::optional(value) : std::nullopt;
}

std::optional<Digest> parse_lower_case_digest(std::string_view hex) {
  bool has_upper_case = std::any_of(hex.begin(), hex.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  return has_upper_case ? std::nullopt : parse_digest(hex);
}

// Takes the text up to the next `end` off `rest`; nothing when there is none.
std::optional<std::string_view> take_until(std::string_view& rest, char end) {
  std::size_t position = rest.find(end);
  if (position == std::string_view::npos) return std::nullopt;
  std::string_view taken = rest.substr(0, position);
  rest.remove_prefix(position + 1);
  return taken;
}

}  // namespace

void append_manifest_line(const ManifestEntry& entry, std::string& out) {
  char hex[kHexLength];
  char digits[20];
  entry.blob.hex_into(hex);
  char* end = std::to_chars(digits, digits + sizeof digits, entry.size).ptr;
  out.append(hex, kHexLength).append(1, '\t').append(digits, end).append(1, '\t');
  out.append(entry.media_type).append(1, '\t').append(entry.path).append(1, '\n');
}

void Manifest::reserve(std::size_t files, std::size_t path_bytes) {
  records_.reserve(files);
  arena_.reserve(path_bytes);
}

void Manifest::add(const ManifestEntry& entry) {
  sealed_ = false;
  Record record;
  record.path_offset = arena_.size();
  record.path_length = static_cast<std::uint32_t>(entry.path.size());
  record.media_type = intern_media_type(entry.media_type);
  record.size = entry.size;
  record.blob = entry.blob;
  arena_.append(entry.path);
  records_.push_back(record);
}

std::uint32_t Manifest::intern_media_type(std::string_view media_type) {
  auto known = media_type_numbers_.find(media_type);
  if (known != media_type_numbers_.end()) return known->second;
  auto number = static_cast<std::uint32_t>(media_types_.size());
  media_types_.emplace_back(media_type);
  media_type_numbers_.emplace(media_type, number);
  return number;
}

Result<void> Manifest::seal() {
  for (const std::string& type : media_types_)
    if (type.size() > kMaxMediaType || !is_printable_ascii(type))
      return invalid_request("A content type must be at most 255 printable ASCII characters.");
  // Ties go by the order of addition, which path_offset keeps: that makes the sort stable without a second array.
  auto is_before = [this](const Record& a, const Record& b) {
    int order = path_of(a).compare(path_of(b));
    return order != 0 ? order < 0 : a.path_offset < b.path_offset;
  };
  if (!std::is_sorted(records_.begin(), records_.end(), is_before))
    std::sort(records_.begin(), records_.end(), is_before);
  SITEPOD_TRY(merge_repeated_paths());
  total_size_ = 0;
  for (const Record& record : records_) {
    if (record.size > kMaxTotalSize - total_size_)
      return invalid_request("The sizes of the files add up to more than can be counted.");
    total_size_ += record.size;
  }
  sealed_ = true;
  return {};
}

Result<void> Manifest::merge_repeated_paths() {
  for (std::size_t i = 1; i < records_.size(); ++i)
    if (path_of(records_[i]) == path_of(records_[i - 1]) &&
        (records_[i].blob != records_[i - 1].blob || records_[i].size != records_[i - 1].size))
      return invalid_request("The path \"" + std::string(path_of(records_[i])) +
                             "\" is given twice with different content.");
  auto is_repeated = [this](const Record& a, const Record& b) { return path_of(a) == path_of(b); };
  records_.erase(std::unique(records_.begin(), records_.end(), is_repeated), records_.end());
  return {};
}

ManifestEntry Manifest::at(std::size_t position) const {
  const Record& record = records_[position];
  return {path_of(record), record.blob, record.size, media_types_[record.media_type]};
}

std::optional<ManifestEntry> Manifest::find(std::string_view path) const {
  SITEPOD_CHECK(sealed_);
  auto found =
      std::lower_bound(records_.begin(), records_.end(), path,
                       [this](const Record& record, std::string_view wanted) { return path_of(record) < wanted; });
  if (found == records_.end() || path_of(*found) != path) return std::nullopt;
  return at(static_cast<std::size_t>(found - records_.begin()));
}

std::string Manifest::to_bytes() const {
  SITEPOD_CHECK(sealed_);
  std::size_t length = kManifestFirstLine.size();
  for (const Record& record : records_)
    length += kHexLength + 20 + media_types_[record.media_type].size() + record.path_length + 4;
  std::string out;
  out.reserve(length);
  out.append(kManifestFirstLine);
  for (std::size_t i = 0; i < records_.size(); ++i) append_manifest_line(at(i), out);
  return out;
}

Result<Manifest> Manifest::from_bytes(std::string_view bytes) {
  Manifest manifest;
  constexpr std::size_t kLeastLine = kHexLength + 6;  // digest, one digit, three tabs, one byte of path, the line's end
  auto lines = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  lines = std::min(lines, bytes.size() / kLeastLine);
  manifest.reserve(lines, bytes.size() - lines * (kLeastLine - 1));
  ManifestReader reader;
  SITEPOD_TRY(reader.feed(bytes, [&](const ManifestEntry& entry) {
    manifest.total_size_ += entry.size;
    manifest.add(entry);
    return Result<void>();
  }));
  SITEPOD_TRY(reader.finish());
  manifest.sealed_ = true;
  return manifest;
}

Result<void> ManifestReader::feed(std::string_view piece, const Each& each) {
  for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    const std::string_view line = piece.substr(0, end);
    if (held_.empty()) {
      SITEPOD_TRY(take_line(line, each));
    } else {
      held_ += line;
      SITEPOD_TRY(take_line(held_, each));
      held_.clear();
    }
    piece.remove_prefix(end + 1);
  }
  if (held_.size() + piece.size() > kMaxLine) return damaged("a line is too long");
  held_ += piece;
  return {};
}

Result<void> ManifestReader::finish() const {
  if (!has_begun_) return damaged("it does not begin with \"sitepod-manifest 1\"");
  return held_.empty() ? Result<void>() : damaged("its last line has no end");
}

Result<void> ManifestReader::take_line(std::string_view line, const Each& each) {
  if (!has_begun_) {
    if (line != kManifestFirstLine.substr(0, kManifestFirstLine.size() - 1))
      return damaged("it does not begin with \"sitepod-manifest 1\"");
    has_begun_ = true;
    return {};
  }
  auto hex = take_until(line, '\t');
  auto size_text = take_until(line, '\t');
  auto media_type = take_until(line, '\t');
  if (!hex || !size_text || !media_type) return damaged("a line has fewer than four fields");
  auto blob = parse_lower_case_digest(*hex);
  auto size = parse_size(*size_text);
  if (!blob || !size || *size > kMaxTotalSize - total_size_) return damaged("a digest or a size is not as it must be");
  if (media_type->size() > kMaxMediaType || !is_printable_ascii(*media_type))
    return damaged("a media type is not printable ASCII");
  auto path = parse_manifest_path(line);
  if (!path.ok() || *path != line) return damaged("a path is not as it must be");
  if (!path_.empty() && path_ >= line) return damaged("paths are not in ascending order");
  total_size_ += *size;
  path_ = line;
  return each({line, *blob, *size, *media_type});
}

}  // namespace sitepod::model
