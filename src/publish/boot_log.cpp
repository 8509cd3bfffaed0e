#include "publish/boot_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/file.hpp"
#include "base/log.hpp"

#include <xxhash.h>

namespace sitepod::publish {
namespace {

// A record: magic, payload length (4 bytes), XXH3 of the payload (8 bytes), payload. Little-endian.
constexpr std::string_view kMagic = "SPB4";
constexpr std::size_t kHeadBytes = 16;
constexpr std::uint32_t kMaxPayloadBytes = 16u << 20;
constexpr std::uint64_t kMaxFileBytes = 1ull << 32;
constexpr std::uint64_t kCompactionSlackBytes = 64u << 10;
constexpr std::uint8_t kPreviewFlag = 1;
constexpr auto kLastRestriction = static_cast<std::uint8_t>(serve::Restriction::Suspended);

template <typename Integer>
void put(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

// Reads what put() wrote; every read past the end makes it fail for good.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename Integer>
  Integer number() {
    if (rest_.size() < sizeof(Integer)) return fail(), 0;
    Integer value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
      value = static_cast<Integer>(value | static_cast<Integer>(static_cast<std::uint8_t>(rest_[i])) << (8 * i));
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    auto length = number<std::uint32_t>();
    if (rest_.size() < length) return fail(), std::string();
    std::string value(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return value;
  }
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty() && !failed_; }

 private:
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  std::string_view rest_;
  bool failed_ = false;
};

// A name in the folder of indexes and nothing else: it becomes part of a path.
bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

bool is_sound(const LiveHost& host) {
  if (host.host.empty() || host.is_preview == host.preview_slug.empty()) return false;
  for (const LiveRecent& recent : host.recent)
    if (host.image_id.empty() || recent.image_id.empty() || !is_plain_file_name(recent.index_file)) return false;
  return host.image_id.empty() ? host.index_file.empty() : is_plain_file_name(host.index_file);
}

bool is_sound(const LiveMount& mount) {
  return !mount.host.empty() && mount.slug.starts_with('/') && (mount.slug == "/" || !mount.slug.ends_with('/'));
}

std::vector<LiveRecent> read_recent(Reader& reader) {
  std::vector<LiveRecent> recent;
  const auto count = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
    LiveRecent& image = recent.emplace_back();
    image.image_id = reader.text();
    image.index_file = reader.text();
    image.left_at = {reader.number<std::int64_t>()};
  }
  return recent;
}

void put_recent(std::string& out, const std::vector<LiveRecent>& recent) {
  put(out, static_cast<std::uint32_t>(recent.size()));
  for (const LiveRecent& image : recent) {
    put_text(out, image.image_id);
    put_text(out, image.index_file);
    put(out, image.left_at.unix_ms);
  }
}

std::optional<LiveProject> parse_payload(std::string_view payload) {
  Reader reader(payload);
  LiveProject project;
  project.project_id = reader.text();
  project.name = reader.text();
  const auto restriction = reader.number<std::uint8_t>();
  if (restriction > kLastRestriction) return std::nullopt;
  project.restriction = static_cast<serve::Restriction>(restriction);
  auto host_count = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < host_count && !reader.failed(); ++i) {
    LiveHost host;
    auto flags = reader.number<std::uint8_t>();
    host.is_preview = (flags & kPreviewFlag) != 0;
    host.host = reader.text();
    host.environment = reader.text();
    host.image_id = reader.text();
    host.index_file = reader.text();
    if (host.is_preview) {
      host.preview_slug = reader.text();
      host.expires_at = {reader.number<std::int64_t>()};
      host.lock = reader.text();
    } else {
      host.recent = read_recent(reader);
    }
    if (reader.failed() || (flags & ~kPreviewFlag) != 0 || !is_sound(host)) return std::nullopt;
    project.hosts.push_back(std::move(host));
  }
  auto mount_count = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < mount_count && !reader.failed(); ++i) {
    LiveMount mount;
    mount.host = reader.text();
    mount.slug = reader.text();
    if (reader.failed() || !is_sound(mount) || project.hosts.empty()) return std::nullopt;
    project.mounts.push_back(std::move(mount));
  }
  if (!reader.at_end() || project.project_id.empty()) return std::nullopt;
  return project;
}

struct ParsedRecord {
  LiveProject project;
  std::size_t length = 0;
};

std::optional<ParsedRecord> parse_record(std::string_view bytes) {
  if (bytes.size() < kHeadBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  Reader head(bytes.substr(kMagic.size(), kHeadBytes - kMagic.size()));
  auto length = head.number<std::uint32_t>();
  auto checksum = head.number<std::uint64_t>();
  if (length > kMaxPayloadBytes || bytes.size() - kHeadBytes < length) return std::nullopt;
  std::string_view payload = bytes.substr(kHeadBytes, length);
  if (XXH3_64bits(payload.data(), payload.size()) != checksum) return std::nullopt;
  auto project = parse_payload(payload);
  if (!project) return std::nullopt;
  return ParsedRecord{std::move(*project), kHeadBytes + length};
}

}  // namespace

void append_boot_record(const LiveProject& project, std::string& out) {
  std::string payload;
  put_text(payload, project.project_id);
  put_text(payload, project.name);
  put(payload, static_cast<std::uint8_t>(project.restriction));
  put(payload, static_cast<std::uint32_t>(project.hosts.size()));
  for (const LiveHost& host : project.hosts) {
    put(payload, host.is_preview ? kPreviewFlag : std::uint8_t{0});
    put_text(payload, host.host);
    put_text(payload, host.environment);
    put_text(payload, host.image_id);
    put_text(payload, host.index_file);
    if (!host.is_preview) {
      put_recent(payload, host.recent);
      continue;
    }
    put_text(payload, host.preview_slug);
    put(payload, host.expires_at.unix_ms);
    put_text(payload, host.lock);
  }
  // A project without hosts is gone, and what it had mounted with it.
  put(payload, static_cast<std::uint32_t>(project.hosts.empty() ? 0 : project.mounts.size()));
  if (!project.hosts.empty()) {
    for (const LiveMount& mount : project.mounts) {
      put_text(payload, mount.host);
      put_text(payload, mount.slug);
    }
  }
  out += kMagic;
  put(out, static_cast<std::uint32_t>(payload.size()));
  put(out, std::uint64_t{XXH3_64bits(payload.data(), payload.size())});
  out += payload;
}

BootLogContent replay_boot_log(std::string_view bytes) {
  BootLogContent content;
  for (std::size_t at = 0; at < bytes.size();) {
    if (auto record = parse_record(bytes.substr(at))) {
      at += record->length;
      content.valid_bytes = at;
      content.live.apply(std::move(record->project));
      continue;
    }
    // Later records prove themselves by their checksum, so look for the next one.
    std::size_t next = std::min(bytes.find(kMagic, at + 1), bytes.size());
    content.damaged_bytes += next - at;
    at = next;
  }
  return content;
}

BootLog::BootLog(std::string path) : path_(std::move(path)) {}

Result<void> BootLog::load() {
  if (::access(path_.c_str(), F_OK) != 0 && errno == ENOENT) return {};
  std::string bytes = SITEPOD_TRY(read_file(path_, kMaxFileBytes));
  BootLogContent content = replay_boot_log(bytes);
  if (content.damaged_bytes > 0)
    log::warn("boot log is damaged in places; the rest counts",
              {{"damaged_bytes", content.damaged_bytes}, {"bytes", bytes.size()}});
  live_ = std::move(content.live);
  return {};
}

BootLog::Recorded BootLog::record(std::span<const LiveProject> projects) {
  Recorded recorded;
  std::string records;
  for (const LiveProject& project : projects) {
    append_boot_record(project, records);
    for (std::string& host : live_.apply(project)) recorded.hosts_gone.push_back(std::move(host));
  }
  bool mostly_old = file_bytes_ + records.size() > 2 * bytes_after_compaction_ + kCompactionSlackBytes;
  recorded.durable = needs_rewrite_ || mostly_old ? compact() : append(records);
  return recorded;
}

Result<void> BootLog::append(std::string_view records) {
  // Until it is known to be whole, the tail may be torn; the next call then writes everything anew.
  needs_rewrite_ = true;
  SITEPOD_TRY_WITH(write_all(file_.get(), records), "append to " + path_);
  if (::fdatasync(file_.get()) != 0) return from_errno(errno, "fdatasync " + path_);
  file_bytes_ += records.size();
  needs_rewrite_ = false;
  return {};
}

Result<void> BootLog::compact() {
  needs_rewrite_ = true;
  std::string bytes;
  for (const auto& [id, project] : live_.projects()) append_boot_record(project, bytes);
  SITEPOD_TRY(replace_file(path_, bytes));
  file_ = SITEPOD_TRY(open_file(path_, O_WRONLY | O_APPEND));
  file_bytes_ = bytes_after_compaction_ = bytes.size();
  needs_rewrite_ = false;
  return {};
}

}  // namespace sitepod::publish
