#include "deploy/archive_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "base/file.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::size_t kThrownAwayBytes = 64 * 1024;
constexpr std::int64_t kTarBlockBytes = 512;
constexpr std::string_view kZipMember = "PK\x03\x04";
constexpr std::string_view kEmptyZip = "PK\x05\x06";

Error damaged(std::string_view why) { return invalid_request("The archive cannot be read: " + std::string(why) + "."); }
Error refused(std::string_view name, std::string_view why) {
  return invalid_request("The archive's entry \"" + std::string(name) + "\" " + std::string(why) + ".");
}

// libarchive converts names by the thread's locale and loses those outside of it.
class Utf8Locale {
 public:
  Utf8Locale() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(utf8_ ? uselocale(utf8_) : nullptr) {}
  ~Utf8Locale() {
    if (!utf8_) return;
    uselocale(before_);
    freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_;
  locale_t before_;
};

struct FreeArchive {
  void operator()(archive* opened) const { archive_read_free(opened); }
};

std::string_view without_dots(const char* name) {
  std::string_view view = name ? name : "";
  while (view.starts_with("./")) view.remove_prefix(2);
  return view;
}

// What a member is that must not be here; empty: it may. A hard link has file type 0: it is asked for first.
std::string_view find_objection(archive_entry* entry) {
  if (archive_entry_hardlink(entry)) return "is a hard link";
  if (archive_entry_symlink(entry) || archive_entry_filetype(entry) == AE_IFLNK) return "is a symbolic link";
  if (archive_entry_is_encrypted(entry)) return "is encrypted";
  if (archive_entry_filetype(entry) == AE_IFDIR) return {};
  if (archive_entry_filetype(entry) != AE_IFREG) return "is not a regular file";
  if (archive_entry_sparse_count(entry) > 0) return "is a sparse file";
  if (!archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0) return "does not say its size";
  return {};
}

}  // namespace

struct ArchiveReader::State {
  State(const ReadBody& read, ArchiveLimits archive_limits, std::string folder, Skip skip_member)
      : body(read), limits(archive_limits), temporary_folder(std::move(folder)), skip(std::move(skip_member)) {}

  const ReadBody& body;
  const ArchiveLimits limits;
  const std::string temporary_folder;
  const Skip skip;
  Utf8Locale locale;
  std::vector<std::byte> piece = std::vector<std::byte>(kPieceBytes);
  std::size_t first_bytes = 0;      // read ahead into the piece, to see what the archive is
  std::optional<Error> body_error;  // why the stream ended, when it did not end well
  std::uint64_t received = 0;
  UniqueFd spooled;  // a zip
  bool opened = false;
  std::unique_ptr<archive, FreeArchive> reader{archive_read_new()};
  std::size_t members = 0;
  std::uint64_t unpacked = 0;
  Member current;
  std::uint64_t current_read = 0;
  std::vector<std::byte> thrown_away;

  Result<std::size_t> receive() {
    const std::size_t count = SITEPOD_TRY(body(piece));
    received += count;
    if (limits.max_archive_bytes > 0 && received > limits.max_archive_bytes)
      return Error{ErrorKind::TooLarge,
                   "payload_too_large",
                   "The archive is larger than " + std::to_string(limits.max_archive_bytes) + " bytes.",
                   {},
                   {}};
    return count;
  }

  static la_ssize_t pull(archive*, void* self, const void** out) {
    State& state = *static_cast<State*>(self);
    *out = state.piece.data();
    if (const std::size_t ahead = std::exchange(state.first_bytes, 0)) return static_cast<la_ssize_t>(ahead);
    Result<std::size_t> count = state.receive();
    if (count.ok()) return static_cast<la_ssize_t>(*count);
    state.body_error = std::move(count).error();
    return ARCHIVE_FATAL;
  }

  Error failure() {
    if (body_error) return *std::exchange(body_error, std::nullopt);
    const char* why = archive_error_string(reader.get());
    return damaged(why ? why : "it is damaged");
  }

  Result<void> open() {
    opened = true;
    if (!reader) return internal("archive_read_new failed");
    while (first_bytes < kZipMember.size()) {
      std::vector<std::byte> more(kPieceBytes - first_bytes);
      const std::size_t count = SITEPOD_TRY(body(more));
      if (count == 0) break;
      std::copy_n(more.begin(), count, piece.begin() + static_cast<std::ptrdiff_t>(first_bytes));
      first_bytes += count;
      received += count;
    }
    if (first_bytes == 0) return invalid_request("The body is empty; it must be a zip or tar archive.");
    const std::string_view start(reinterpret_cast<const char*>(piece.data()), first_bytes);
    if (start.starts_with(kEmptyZip)) return invalid_request("The archive holds no files.");
    const bool is_zip = start.starts_with(kZipMember);
    return is_zip && !temporary_folder.empty() ? open_zip() : open_stream();
  }

  Result<void> open_stream() {
    archive_read_support_format_tar(reader.get());
    archive_read_support_filter_gzip(reader.get());
    // Windows over 128 MB are refused: that is the decoder's default.
    archive_read_support_filter_zstd(reader.get());
    if (archive_read_open(reader.get(), this, nullptr, pull, nullptr) != ARCHIVE_OK) return failure();
    return {};
  }

  Result<void> open_zip() {
    spooled = SITEPOD_TRY(open_file(temporary_folder, O_TMPFILE | O_RDWR, 0600));
    for (std::size_t count = std::exchange(first_bytes, 0); count > 0; count = SITEPOD_TRY(receive()))
      SITEPOD_TRY_WITH(write_all(spooled.get(), std::span(piece).first(count)), "spooling an archive");
    SITEPOD_TRY(count_zip_entries());
    if (::lseek(spooled.get(), 0, SEEK_SET) != 0) return from_errno(errno, "lseek");
    archive_read_support_format_zip_seekable(reader.get());
    if (archive_read_open_fd(reader.get(), spooled.get(), kPieceBytes) != ARCHIVE_OK) return failure();
    return {};
  }

  // What the zip itself says (APPNOTE 4.3.16): entries that lie on top of each other are read as one, so counting
  // tells.
  Result<void> count_zip_entries() {
    constexpr std::size_t kRecordBytes = 22;
    constexpr std::size_t kCountAt = 10;
    constexpr std::size_t kCommentLengthAt = 20;
    std::string tail(std::min<std::uint64_t>(received, kRecordBytes + UINT16_MAX), '\0');
    if (::lseek(spooled.get(), -static_cast<off_t>(tail.size()), SEEK_END) < 0) return from_errno(errno, "lseek");
    SITEPOD_TRY_WITH(read_some(spooled.get(), std::as_writable_bytes(std::span(tail))), "reading a spooled archive");
    const auto number = [&](std::size_t at) {
      return std::size_t{static_cast<std::uint8_t>(tail[at])} | std::size_t{static_cast<std::uint8_t>(tail[at + 1])}
                                                                    << 8;
    };
    // The archive's comment comes behind the record and may look like one: the true one says how long its comment is.
    for (std::size_t record = tail.rfind(kEmptyZip); record != std::string::npos;
         record = record == 0 ? std::string::npos : tail.rfind(kEmptyZip, record - 1)) {
      const std::size_t end = record + kRecordBytes;
      if (end > tail.size() || end + number(record + kCommentLengthAt) != tail.size()) continue;
      zip_entries = number(record + kCountAt);
      return cut_comment(received - tail.size() + record, kRecordBytes, kCommentLengthAt);
    }
    return damaged("it ends before its end");
  }
  // libarchive looks for the record's signature alone, and not far from the end.
  Result<void> cut_comment(std::uint64_t record, std::size_t record_bytes, std::size_t length_at) {
    const char no_comment[2] = {};
    if (::pwrite(spooled.get(), no_comment, sizeof no_comment, static_cast<off_t>(record + length_at)) !=
        static_cast<ssize_t>(sizeof no_comment))
      return from_errno(errno, "pwrite");
    if (::ftruncate(spooled.get(), static_cast<off_t>(record + record_bytes)) != 0)
      return from_errno(errno, "ftruncate");
    return {};
  }
  // A greater number stands elsewhere in the zip; so many are beyond every limit anyway.
  static constexpr std::size_t kManyZipEntries = UINT16_MAX;
  std::size_t zip_entries = 0;

  bool is_tar() const { return !spooled; }

  // Damage and lies about sizes also count in what nobody wants to read.
  Result<void> finish_current() {
    // The piece is the decoder's input, so what is thrown away needs a place of its own.
    if (thrown_away.empty()) thrown_away.resize(kThrownAwayBytes);
    while (SITEPOD_TRY(read(thrown_away)) > 0) continue;
    return {};
  }

  Result<std::size_t> read(std::span<std::byte> out) {
    const la_ssize_t count = archive_read_data(reader.get(), out.data(), out.size());
    if (count < 0) return body_error ? failure() : refused(current.name, "is damaged");
    current_read += static_cast<std::uint64_t>(count);
    unpacked += static_cast<std::uint64_t>(count);
    if (count == 0 && current_read != current.size) return refused(current.name, "does not have the size it says");
    if (current_read > current.size) return refused(current.name, "does not have the size it says");
    const std::uint64_t packed = std::max<std::uint64_t>(1, is_tar() ? consumed() : received);
    if (limits.max_ratio > 0 && unpacked > limits.ratio_counts_from && unpacked / packed > limits.max_ratio)
      return refused(current.name,
                     "makes the archive unpack to more than " + std::to_string(limits.max_ratio) + " times its size");
    return static_cast<std::size_t>(count);
  }
  std::uint64_t consumed() const {
    return static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_filter_bytes(reader.get(), -1)));
  }

  Result<std::optional<Member>> end(la_int64_t position_before) {
    if (body_error) return failure();
    // A tar ends with a block of zeros; without it the file was cut at the border of a member.
    if (is_tar() && archive_filter_bytes(reader.get(), 0) - position_before < kTarBlockBytes)
      return damaged("it ends before its end");
    if (!is_tar() && zip_entries != kManyZipEntries && members != zip_entries)
      return damaged("entries of it overlap, or its directory lies");
    return std::optional<Member>();
  }

  Result<std::optional<Member>> next() {
    if (!opened) SITEPOD_TRY(open());
    for (;;) {
      if (members > 0) SITEPOD_TRY(finish_current());
      const la_int64_t position = archive_filter_bytes(reader.get(), 0);
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(reader.get(), &entry);
      if (status == ARCHIVE_EOF) return end(position);
      if (status != ARCHIVE_OK) return failure();  // a warning here is damage, too
      if (++members > limits.max_members)
        return invalid("quota_exceeded",
                       "The archive has more than " + std::to_string(limits.max_members) + " entries.");
      const char* name = archive_entry_pathname(entry);
      if (!name) return damaged("the name of entry " + std::to_string(members) + " is not text");
      current = {std::string(without_dots(name)), 0};
      current_read = 0;
      const bool is_skipped = skip && skip(current.name);
      const std::string_view objection = find_objection(entry);
      if (!objection.empty() && !is_skipped) return refused(current.name, objection);
      current.size = archive_entry_size_is_set(entry) ? static_cast<std::uint64_t>(archive_entry_size(entry)) : 0;
      if (is_skipped && !objection.empty()) {
        // Not even looked into.
        if (archive_read_data_skip(reader.get()) != ARCHIVE_OK) return failure();
        current.size = 0;
        continue;
      }
      if (!is_skipped && archive_entry_filetype(entry) == AE_IFREG) return std::optional(current);
    }
  }
};

ArchiveReader::ArchiveReader(const ReadBody& read, ArchiveLimits limits, std::string temporary_folder, Skip skip)
    : state_(std::make_unique<State>(read, limits, std::move(temporary_folder), std::move(skip))) {}

ArchiveReader::~ArchiveReader() = default;

Result<std::optional<ArchiveReader::Member>> ArchiveReader::next() { return state_->next(); }

Result<std::size_t> ArchiveReader::read(std::span<std::byte> out) { return state_->read(out); }

}  // namespace sitepod::deploy
