#include "tree/pack_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>

#include "base/blake3.hpp"
#include "base/file.hpp"
#include "tree/media_type.hpp"
#include "tree/scan.hpp"

namespace sitepod::tree {
namespace {

constexpr std::size_t kPieceBytes = 128 * 1024;

struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

// libarchive pushes; what it pushed waits in `pending` until it is pulled.
la_ssize_t keep_pending(archive*, void* pending, const void* data, std::size_t size) {
  static_cast<std::string*>(pending)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

Error changed(const FileList& files, std::uint32_t position) {
  return {ErrorKind::Conflict,
          "changed",
          "The file " + printable(files.full_path(position)) + " changed while it was uploaded.",
          {},
          {}};
}

}  // namespace

struct PackReader::State {
  const FileList& files;
  std::span<const std::uint32_t> positions;
  std::string pending;  // outlives the writer below, which may flush into it while it is freed
  std::unique_ptr<archive, FreeWriter> writer{archive_write_new()};
  std::unique_ptr<archive_entry, FreeEntry> entry{archive_entry_new()};
  std::size_t pending_taken = 0;
  std::vector<std::byte> buffer = std::vector<std::byte>(kPieceBytes);
  std::size_t next = 0;
  bool closed = false;
  std::uint64_t file_bytes = 0;

  // Of the file that is being read:
  UniqueFd fd;
  Blake3 hasher;
  std::uint64_t left = 0;

  State(const FileList& list, std::span<const std::uint32_t> chosen, PackCompression compression)
      : files(list), positions(chosen) {
    SITEPOD_CHECK(writer && entry);
    SITEPOD_CHECK(archive_write_set_format_pax_restricted(writer.get()) == ARCHIVE_OK);
    if (compression == PackCompression::Zstd) {
      SITEPOD_CHECK(archive_write_add_filter_zstd(writer.get()) == ARCHIVE_OK);
      SITEPOD_CHECK(archive_write_set_filter_option(writer.get(), "zstd", "compression-level", "3") == ARCHIVE_OK);
    }
    archive_write_set_bytes_in_last_block(writer.get(), 1);
    SITEPOD_CHECK(archive_write_open2(writer.get(), &pending, nullptr, keep_pending, nullptr, nullptr) == ARCHIVE_OK);
  }

  Error archive_error() const { return internal(std::string("packing: ") + archive_error_string(writer.get())); }

  Result<void> step() {
    if (fd) return next_piece();
    if (next < positions.size()) return begin_file();
    closed = true;
    if (archive_write_close(writer.get()) != ARCHIVE_OK) return archive_error();
    return {};
  }

  Result<void> begin_file() {
    std::uint32_t position = positions[next];
    auto opened = open_file(files.full_path(position), O_RDONLY | O_NOCTTY | O_NONBLOCK);
    if (!opened.ok())
      return invalid("unreadable", "The file " + printable(files.full_path(position)) +
                                       " cannot be read: " + opened.error().context + ".");
    fd = std::move(*opened);
    hasher = Blake3();
    left = files[position].stamp.size;
    archive_entry_clear(entry.get());
    archive_entry_set_pathname(entry.get(), files.digests(position).blake3.hex().c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(left));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    if (archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK) return archive_error();
    return {};
  }

  // Reads to the expected size and looks once beyond it; a file that shrank, grew or became another is noticed here.
  Result<void> next_piece() {
    auto wanted = std::span(buffer).first(std::min<std::uint64_t>(left + 1, buffer.size()));
    auto count = read_some(fd.get(), wanted);
    if (!count.ok() || *count > left) return changed(files, positions[next]);
    auto piece = std::span<const std::byte>(wanted).first(*count);
    hasher.update(piece);
    left -= *count;
    file_bytes += *count;
    if (!piece.empty() &&
        archive_write_data(writer.get(), piece.data(), piece.size()) != static_cast<la_ssize_t>(piece.size()))
      return archive_error();
    if (*count == wanted.size()) return {};
    if (left > 0 || hasher.finish() != files.digests(positions[next]).blake3) return changed(files, positions[next]);
    if (archive_write_finish_entry(writer.get()) != ARCHIVE_OK) return archive_error();
    fd.reset();
    ++next;
    return {};
  }
};

PackReader::PackReader(const FileList& files, std::span<const std::uint32_t> positions, PackCompression compression)
    : state_(std::make_unique<State>(files, positions, compression)) {}
PackReader::~PackReader() = default;

Result<std::size_t> PackReader::read(std::span<std::byte> out) {
  State& state = *state_;
  while (state.pending_taken == state.pending.size()) {
    state.pending.clear();
    state.pending_taken = 0;
    if (state.closed) return std::size_t{0};
    SITEPOD_TRY(state.step());
  }
  std::size_t count = std::min(out.size(), state.pending.size() - state.pending_taken);
  std::memcpy(out.data(), state.pending.data() + state.pending_taken, count);
  state.pending_taken += count;
  return count;
}

std::uint64_t PackReader::file_bytes() const { return state_->file_bytes; }

PackCompression choose_compression(const FileList& files, std::span<const std::uint32_t> positions) {
  std::uint64_t total = 0, compressible = 0;
  for (std::uint32_t position : positions) {
    total += files[position].stamp.size;
    if (is_compressible(media_type_of(files[position].path))) compressible += files[position].stamp.size;
  }
  return compressible > 0 && compressible * 4 >= total ? PackCompression::Zstd : PackCompression::None;
}

}  // namespace sitepod::tree
