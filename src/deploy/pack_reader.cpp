#include "deploy/pack_reader.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <clocale>
#include <vector>

namespace sitepod::deploy {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

Error damaged(std::string_view why) { return invalid_request("The archive cannot be read: " + std::string(why) + "."); }

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

std::string plain_name(const char* name) {
  std::string_view view = name ? name : "";
  while (view.starts_with("./")) view.remove_prefix(2);
  if (view.starts_with('/')) view.remove_prefix(1);
  return std::string(view);
}

}  // namespace

struct PackReader::State {
  const ReadBody& body;
  Utf8Locale locale;
  std::vector<std::byte> piece = std::vector<std::byte>(kPieceBytes);
  std::optional<Error> body_error;  // why the stream ended, when it did not end well
  bool opened = false;
  std::unique_ptr<archive, FreeArchive> reader{archive_read_new()};

  explicit State(const ReadBody& read) : body(read) {}

  static la_ssize_t pull(archive*, void* self, const void** out) {
    State& state = *static_cast<State*>(self);
    Result<std::size_t> count = state.body(state.piece);
    if (!count.ok()) {
      state.body_error = std::move(count).error();
      return ARCHIVE_FATAL;
    }
    *out = state.piece.data();
    return static_cast<la_ssize_t>(*count);
  }

  Error failure() {
    if (body_error) return *std::exchange(body_error, std::nullopt);
    const char* why = archive_error_string(reader.get());
    return damaged(why ? why : "it is damaged");
  }

  Result<void> open() {
    opened = true;
    if (!reader) return internal("archive_read_new failed");
    archive_read_support_format_tar(reader.get());
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_filter_zstd(reader.get());
    if (archive_read_open(reader.get(), this, nullptr, pull, nullptr) != ARCHIVE_OK) return failure();
    return {};
  }
};

PackReader::PackReader(const ReadBody& read) : state_(std::make_unique<State>(read)) {}

PackReader::~PackReader() = default;

Result<std::optional<PackReader::Member>> PackReader::next() {
  State& state = *state_;
  if (!state.opened) SITEPOD_TRY(state.open());
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(state.reader.get(), &entry);
    if (status == ARCHIVE_EOF) {
      if (state.body_error) return state.failure();
      return std::optional<Member>();
    }
    if (status != ARCHIVE_OK) return state.failure();  // a warning here is damage, too
    Member member{plain_name(archive_entry_pathname(entry)), 0};
    // A hard link has file type 0: it is asked for first.
    if (archive_entry_hardlink(entry) || archive_entry_symlink(entry))
      return damaged("\"" + member.name + "\" is a link");
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    if (archive_entry_filetype(entry) != AE_IFREG) return damaged("\"" + member.name + "\" is not a regular file");
    if (archive_entry_sparse_count(entry) > 0) return damaged("\"" + member.name + "\" is a sparse file");
    const la_int64_t size = archive_entry_size(entry);
    if (!archive_entry_size_is_set(entry) || size < 0) return damaged("\"" + member.name + "\" has no size");
    member.size = static_cast<std::uint64_t>(size);
    return std::optional(std::move(member));
  }
}

Result<std::size_t> PackReader::read(std::span<std::byte> out) {
  const la_ssize_t count = archive_read_data(state_->reader.get(), out.data(), out.size());
  if (count < 0) return state_->failure();
  return static_cast<std::size_t>(count);
}

}  // namespace sitepod::deploy
