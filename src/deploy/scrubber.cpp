#include "deploy/scrubber.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "base/time.hpp"
#include "deploy/compress.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::int64_t kRowsPerPage = 200;
constexpr std::string_view kPositionSetting = "scrub_position";
constexpr std::string_view kFinishedSetting = "scrub_finished_at";
constexpr std::chrono::minutes kRestAfterError{10};
// Encodings are made in memory.
constexpr std::uint64_t kMaxSourceBytes = 64u << 20;
constexpr Encoding kEncodings[] = {Encoding::Gzip, Encoding::Zstd, Encoding::Brotli};

std::chrono::nanoseconds time_for(std::uint64_t bytes, std::uint64_t bytes_per_second) {
  const double seconds = static_cast<double>(bytes) / static_cast<double>(bytes_per_second);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

}  // namespace

Scrubber::Scrubber(meta::MetaStore& meta, blob::BlobStore& blobs, ScrubSettings settings)
    : meta_(meta), blobs_(blobs), settings_(settings) {}

Scrubber::~Scrubber() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Scrubber::start() {
  thread_ = std::thread([this] { run(); });
}

bool Scrubber::pause(std::chrono::nanoseconds duration) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, duration, [this] { return stopping_; });
}

void Scrubber::run() {
  name_this_thread("scrub");
  // Only priority is lost when the system refuses it.
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 19));
  if (Result<void> checked = check_sizes(); !checked.ok())
    log::error("sizes of stored files could not be checked", {{"cause", checked.error().context}});
  while (settings_.bytes_per_second > 0) {
    const Result<void> checked = check_hashes();
    if (!checked.ok()) log::error("the scrub stopped and goes on later", {{"cause", checked.error().context}});
    if (!pause(checked.ok() ? std::chrono::nanoseconds(settings_.rest) : std::chrono::nanoseconds(kRestAfterError)))
      return;
  }
}

Result<void> Scrubber::check_sizes() {
  for (std::optional<Digest> last;;) {
    const auto rows = SITEPOD_TRY(
        meta_.read([&](meta::Session& session) { return meta::list_blobs_after(session, last, kRowsPerPage); }));
    std::vector<Digest> blobs;
    for (const meta::BlobRow& row : rows) blobs.push_back(row.blob.sha256);
    SITEPOD_TRY(blobs_.look_up(blobs));
    // What was only staged may be lost in a power cut; it was never promised.
    for (const meta::BlobRow& row : rows)
      if (row.blob.staged_by.empty() && SITEPOD_TRY(blobs_.find_size(row.blob.sha256)) != row.blob.size)
        quarantine(row.blob.sha256);
    if (rows.size() < static_cast<std::size_t>(kRowsPerPage) || !pause({})) return {};
    last = rows.back().blob.sha256;
  }
}

// Where a round has come to is kept, so that restarts do not keep it from its end.
Result<void> Scrubber::check_hashes() {
  const auto position =
      SITEPOD_TRY(meta_.read([](meta::Session& session) { return meta::find_setting(session, kPositionSetting); }));
  std::optional<Digest> last = parse_digest(position.value_or(""));
  for (;;) {
    const auto rows = SITEPOD_TRY(
        meta_.read([&](meta::Session& session) { return meta::list_blobs_after(session, last, kRowsPerPage); }));
    SITEPOD_TRY(check_page(rows));
    if (!pause({})) return {};
    const bool is_end = rows.size() < static_cast<std::size_t>(kRowsPerPage);
    if (!rows.empty()) last = rows.back().blob.sha256;
    Result<void> noted = meta_.write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::put_setting(session, kPositionSetting, is_end ? std::string() : last->hex()));
      return is_end ? meta::put_setting(session, kFinishedSetting, to_rfc3339(now())) : Result<void>();
    });
    if (!noted.ok() || is_end) return noted;
  }
}

Result<void> Scrubber::check_page(const std::vector<meta::BlobRow>& rows) {
  for (const meta::BlobRow& row : rows) {
    if (!row.blob.staged_by.empty()) continue;
    const Result<bool> is_right = blobs_.inspect(row.blob.sha256);
    if (!is_right.ok())
      log::error("a stored file cannot be read",
                 {{"blob", row.blob.sha256.hex()}, {"cause", is_right.error().context}});
    else if (!*is_right)
      quarantine(row.blob.sha256);
    if (settings_.bytes_per_second > 0 && !pause(time_for(row.blob.size, settings_.bytes_per_second))) return {};
  }
  return {};
}

void Scrubber::quarantine(const Digest& blob) {
  if (const Result<bool> recovered = blobs_.recover(blob); !recovered.ok()) {
    // Whether it is lost cannot be told now; what was wrong here is out of the way.
    log::error("a damaged file cannot be had from where it is kept; whoever asks for it tries again",
               {{"blob", blob.hex()}, {"cause", recovered.error().context}});
    return;
  } else if (*recovered) {
    return;
  }
  const auto mark = [&](meta::Session& session) { return meta::mark_blob_damaged(session, blob); };
  Result<bool> marked = meta_.write(mark);
  if (!marked.ok()) {
    log::error("a damaged file could not be noted", {{"blob", blob.hex()}, {"cause", marked.error().context}});
    return;
  }
  // Deleted in the meantime: it is not damaged, it is gone.
  if (!*marked) return;
  log::error("a stored file is damaged; it is in quarantine until its next upload replaces it", {{"blob", blob.hex()}});
  if (Result<void> moved = blobs_.quarantine(blob); !moved.ok())
    log::error("a damaged file could not be moved", {{"blob", blob.hex()}, {"cause", moved.error().context}});
  const Result<bool> remade = remake(blob);
  if (!remade.ok())
    log::error("a damaged encoding could not be made again", {{"blob", blob.hex()}, {"cause", remade.error().context}});
  else if (*remade)
    log::info("a damaged encoding was made again", {{"blob", blob.hex()}});
}

// The same encoder makes the same bytes of the same file.
Result<bool> Scrubber::remake(const Digest& blob) {
  const auto variants =
      SITEPOD_TRY(meta_.read([&](meta::Session& session) { return meta::find_variants_made(session, blob); }));
  for (const meta::Variant& variant : variants)
    for (const Encoding encoding : kEncodings) {
      if (name_of(encoding) != variant.encoding) continue;
      const std::string source = SITEPOD_TRY(blobs_.read_verified(variant.source, kMaxSourceBytes));
      const std::string encoded = SITEPOD_TRY(compress(encoding, source));
      if (sha256(encoded) != blob) continue;
      const blob::BlobLeases::Lease lease = blobs_.leases().take({blob});
      SITEPOD_TRY(blobs_.put(std::as_bytes(std::span(encoded))));
      SITEPOD_TRY(blobs_.make_durable(std::span(&blob, 1)));
      SITEPOD_TRY(meta_.write([&](meta::Session& session) { return meta::mark_blob_durable(session, blob); }));
      return true;
    }
  return false;
}

Result<std::int64_t> Scrubber::damaged_blobs() {
  return meta_.read([](meta::Session& session) { return meta::count_damaged_blobs(session); });
}

}  // namespace sitepod::deploy
