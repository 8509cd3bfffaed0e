#include "tree/hash_cache.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/blake3.hpp"
#include "base/file.hpp"
#include "base/random.hpp"

namespace sitepod::tree {
namespace {

constexpr char kMagic[8] = {'s', 'p', 'h', 'a', 's', 'h', '0', '1'};
constexpr std::size_t kMaxRecords = 1'000'000;
constexpr std::uint32_t kKeepDays = 60;
constexpr std::int64_t kRacyMs = 2000;

struct Header {
  char magic[8];
  std::uint64_t count;
  Digest body;  // BLAKE3 of the records
};
static_assert(sizeof(Header) == 48 && sizeof(HashCache::Record) == 84);

bool before(const HashCache::Record& a, const HashCache::Record& b) {
  return std::memcmp(a.key, b.key, sizeof a.key) < 0;
}
bool same_key(const HashCache::Record& a, const HashCache::Record& b) {
  return std::memcmp(a.key, b.key, sizeof a.key) == 0;
}

// Writes through a buffer and hashes on the way, so that saving needs no copy of all records.
class RecordWriter {
 public:
  explicit RecordWriter(int fd) : fd_(fd) { buffer_.reserve(kBufferedRecords); }

  Result<void> write(const HashCache::Record& record) {
    buffer_.push_back(record);
    ++count_;
    return buffer_.size() == kBufferedRecords ? flush() : Result<void>();
  }
  Result<void> flush() {
    auto bytes = std::as_bytes(std::span(buffer_));
    hasher_.update(bytes);
    SITEPOD_TRY(write_all(fd_, bytes));
    buffer_.clear();
    return {};
  }
  Header header() const {
    Header header{};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    header.count = count_;
    header.body = hasher_.finish();
    return header;
  }

 private:
  static constexpr std::size_t kBufferedRecords = 1024;
  int fd_;
  std::uint64_t count_ = 0;
  Blake3 hasher_;
  std::vector<HashCache::Record> buffer_;
};

}  // namespace

HashCache::HashCache(std::string path, Instant now)
    : path_(std::move(path)), today_(static_cast<std::uint32_t>(now.unix_seconds() / 86'400)) {
  load();
}

HashCache::~HashCache() {
  if (mapped_ != nullptr) ::munmap(mapped_, mapped_bytes_);
}

void HashCache::load() {
  auto fd = open_file(path_, O_RDONLY);
  struct stat info {};
  if (!fd.ok() || ::fstat(fd->get(), &info) != 0 || static_cast<std::size_t>(info.st_size) < sizeof(Header)) return;
  auto size = static_cast<std::size_t>(info.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd->get(), 0);
  if (mapped == MAP_FAILED) return;
  mapped_ = mapped;
  mapped_bytes_ = size;
  Header header;
  std::memcpy(&header, mapped, sizeof header);
  const std::byte* body = static_cast<const std::byte*>(mapped) + sizeof header;
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || (size - sizeof header) % sizeof(Record) != 0 ||
      header.count != (size - sizeof header) / sizeof(Record) || header.count > kMaxRecords ||
      blake3(std::span(body, size - sizeof header)) != header.body)
    return;
  records_ = {reinterpret_cast<const Record*>(body), header.count};
  // Only our own writer sorts; a file with a right checksum and wrong order would only miss.
}

HashCache::Key HashCache::key_of(std::string_view absolute_path, const FileStamp& stamp) {
  Blake3 hasher;
  hasher.update(std::as_bytes(std::span(&stamp, 1)));
  hasher.update(absolute_path);
  Digest digest = hasher.finish();
  Key key;
  std::copy_n(digest.bytes.begin(), key.size(), key.begin());
  return key;
}

const HashCache::Record* HashCache::find_record(const Key& key) const {
  Record wanted{};
  std::copy(key.begin(), key.end(), wanted.key);
  auto found = std::lower_bound(records_.begin(), records_.end(), wanted, before);
  return found != records_.end() && same_key(*found, wanted) ? &*found : nullptr;
}

std::optional<FileDigests> HashCache::find(std::string_view absolute_path, const FileStamp& stamp) const {
  const Record* record = find_record(key_of(absolute_path, stamp));
  if (record == nullptr) return std::nullopt;
  return record->digests;
}

void HashCache::add(std::string_view absolute_path, const FileStamp& stamp, const FileDigests& digests,
                    Instant hashed_at) {
  std::int64_t trusted_before_ns = (hashed_at.unix_ms - kRacyMs) * 1'000'000;
  if (stamp.mtime_ns >= trusted_before_ns || stamp.ctime_ns >= trusted_before_ns) return;
  Record record{};
  Key key = key_of(absolute_path, stamp);
  std::copy(key.begin(), key.end(), record.key);
  record.digests = digests;
  record.used_day = today_;
  added_.push_back(record);
}

void HashCache::keep(std::string_view absolute_path, const FileStamp& stamp) {
  if (const Record* record = find_record(key_of(absolute_path, stamp)))
    kept_.push_back(static_cast<std::uint32_t>(record - records_.data()));
}

Result<void> HashCache::save() {
  std::sort(kept_.begin(), kept_.end());
  bool nothing_new =
      added_.empty() && std::all_of(kept_.begin(), kept_.end(), [&](auto i) { return records_[i].used_day == today_; });
  if (nothing_new) return {};
  std::sort(added_.begin(), added_.end(), before);

  SITEPOD_TRY(make_directories(std::filesystem::path(path_).parent_path().string(), 0700));
  std::string temporary = path_ + ".tmp-" + random_base36(8);
  auto write_file = [&]() -> Result<void> {
    UniqueFd fd = SITEPOD_TRY(open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600));
    Header header{};
    SITEPOD_TRY(write_all(fd.get(), std::as_bytes(std::span(&header, 1))));
    RecordWriter writer(fd.get());
    // When the file is full, everything that this run did not use goes.
    bool crowded = records_.size() + added_.size() > kMaxRecords;
    auto kept = kept_.begin();
    auto added = added_.begin();
    for (std::size_t i = 0; i < records_.size(); ++i) {
      while (added != added_.end() && before(*added, records_[i])) SITEPOD_TRY(writer.write(*added++));
      bool used = false;
      for (; kept != kept_.end() && *kept <= i; ++kept) used = used || *kept == i;
      bool replaced = added != added_.end() && same_key(*added, records_[i]);
      Record record = records_[i];
      if (used) record.used_day = today_;
      if (!replaced && (used || (!crowded && record.used_day + kKeepDays >= today_))) SITEPOD_TRY(writer.write(record));
    }
    while (added != added_.end()) SITEPOD_TRY(writer.write(*added++));
    SITEPOD_TRY(writer.flush());
    header = writer.header();
    if (::pwrite(fd.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header))
      return from_errno(errno, "write " + temporary);
    if (::rename(temporary.c_str(), path_.c_str()) != 0) return from_errno(errno, "rename to " + path_);
    return {};
  };
  auto written = write_file();
  if (!written.ok()) ::unlink(temporary.c_str());
  return written;
}

}  // namespace sitepod::tree
