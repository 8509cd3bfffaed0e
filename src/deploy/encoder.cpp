#include "deploy/encoder.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "base/time.hpp"
#include "deploy/compress.hpp"
#include "meta/blob_presence.hpp"
#include "meta/collection.hpp"
#include "model/manifest.hpp"
#include "tree/media_type.hpp"

namespace sitepod::deploy {
namespace {

// A variant must save a twentieth; less is not worth a second copy in every cache.
constexpr std::uint64_t kLeastSaving = 20;
// New variants of so many files share one durability barrier and one transaction.
constexpr std::size_t kFilesPerBatch = 256;
// So many files are looked up in one walk through the rows.
constexpr std::size_t kFilesLookedUp = 8192;
constexpr std::chrono::seconds kRestAfterOutage{30};

// States of images.encoding_state.
constexpr std::string_view kPending = "pending";
constexpr std::string_view kGzipDone = "gzip";
constexpr std::string_view kAllDone = "done";

constexpr Encoding kFirstStage[] = {Encoding::Gzip};
constexpr Encoding kSecondStage[] = {Encoding::Gzip, Encoding::Zstd, Encoding::Brotli};

bool is_eligible(const model::ManifestEntry& entry, std::uint64_t least, std::uint64_t most) {
  if (entry.size < least || entry.size > most) return false;
  return tree::is_compressible(entry.media_type.empty() ? tree::media_type_of(entry.path) : entry.media_type);
}

}  // namespace

struct Encoder::State {
  meta::MetaStore& meta;
  blob::BlobStore& blobs;
  const EncoderSettings settings;
  Encoded encoded = {};
  std::atomic<bool> stopping{false};
  std::atomic<bool> queued{false};
  std::mutex pause_mutex = {};  // guards pauses
  std::condition_variable resumed = {};
  int pauses = 0;
  // Declared last: its destructor waits for the work that uses the members above.
  std::unique_ptr<ThreadPool> pool = {};

  // Files of a manifest that may get encodings, and what is there already of each.
  struct File {
    Digest source;
    std::uint64_t size = 0;
    std::uint8_t known = 0;  // a bit for each Encoding
  };

  // What was found of an image.
  struct Outcome {
    bool has_new = false;       // visitors can get encodings that they could not get before
    bool lacks_nothing = true;  // no file lacks an encoding, of this stage or the next
  };

  enum class Haste : bool { None, SomebodyWaits };

  // Variants made and not yet recorded.
  struct Batch {
    Haste haste = Haste::None;
    std::vector<meta::Variant> variants;
    std::vector<blob::StoredBlob> stored;
    std::optional<blob::BlobLeases::Lease> lease;  // of what is stored
    std::size_t files = 0;
    Outcome outcome;
  };

  static std::uint8_t bit_of(Encoding encoding) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(encoding));
  }

  Result<void> find_known(std::vector<File>& files) {
    std::vector<Digest> sources;
    for (const File& file : files) sources.push_back(file.source);
    return meta.read([&](meta::Session& session) {
      return meta::find_variants_of(session, sources, [&](std::size_t position, const meta::Variant& variant) {
        for (const Encoding encoding : kSecondStage)
          if (variant.encoding == name_of(encoding)) files[position].known |= bit_of(encoding);
      });
    });
  }

  void give_way() {
    std::unique_lock lock(pause_mutex);
    resumed.wait_for(lock, settings.longest_pause, [this] { return pauses == 0 || stopping; });
  }

  Result<void> encode_file(const File& file, std::span<const Encoding> encodings, Batch& batch) {
    std::string bytes;
    for (const Encoding encoding : encodings) {
      if (stopping) return {};
      if (file.known & bit_of(encoding)) continue;
      if (batch.haste == Haste::None) give_way();
      if (bytes.empty()) bytes = SITEPOD_TRY(blobs.read_verified(file.source, file.size));
      const std::string smaller = SITEPOD_TRY(compress(encoding, bytes));
      meta::Variant variant{file.source, std::string(name_of(encoding)), {}, 0};
      if (smaller.size() + file.size / kLeastSaving <= file.size) {
        if (!batch.lease) batch.lease = blobs.leases().begin();
        batch.lease->add(sha256(smaller));
        batch.stored.push_back(SITEPOD_TRY(blobs.put(std::as_bytes(std::span(smaller)))));
        variant.blob = batch.stored.back().sha256;
        variant.size = smaller.size();
      }
      batch.variants.push_back(std::move(variant));
    }
    ++batch.files;
    return {};
  }

  // A row names only bytes that survive a power cut.
  Result<void> record(Batch& batch) {
    std::vector<Digest> made;
    for (const blob::StoredBlob& stored : batch.stored) made.push_back(stored.sha256);
    if (!made.empty()) SITEPOD_TRY(blobs.make_durable(made));
    const Instant at = now();
    Result<void> written = meta.write([&](meta::Session& session) -> Result<void> {
      for (const blob::StoredBlob& stored : batch.stored)
        SITEPOD_TRY(meta::upsert_blob(session, {stored.sha256, stored.blake3, stored.size, ""}, at));
      // A file may have been purged since; its neighbours keep their encodings.
      for (const meta::Variant& variant : batch.variants)
        if (SITEPOD_TRY(meta::find_blob(session, variant.source)) &&
            !SITEPOD_TRY(meta::is_purged_blob(session, variant.source)))
          SITEPOD_TRY(meta::insert_variant(session, variant));
      return {};
    });
    batch.outcome.has_new = batch.outcome.has_new || !batch.stored.empty();
    batch.variants.clear();
    batch.stored.clear();
    batch.lease.reset();
    batch.files = 0;
    return written;
  }

  Result<void> encode_files(std::vector<File>& files, std::span<const Encoding> encodings, Batch& batch) {
    std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.source < b.source; });
    const auto is_same = [](const File& a, const File& b) { return a.source == b.source; };
    files.erase(std::unique(files.begin(), files.end(), is_same), files.end());
    SITEPOD_TRY(find_known(files));
    for (const File& file : files) {
      if (stopping) break;
      const auto knows = [&](Encoding encoding) { return (file.known & bit_of(encoding)) != 0; };
      if (!std::all_of(std::begin(kSecondStage), std::end(kSecondStage), knows)) batch.outcome.lacks_nothing = false;
      if (std::all_of(encodings.begin(), encodings.end(), knows)) continue;
      Result<void> made = encode_file(file, encodings, batch);
      // What cannot be had now can be had later.
      if (!made.ok() && made.error().kind == ErrorKind::Unavailable) return made;
      // A damaged file keeps its own encodings from being made, not those of its neighbours.
      if (!made.ok())
        log::error("file cannot be encoded", {{"blob", file.source.hex()}, {"cause", made.error().context}});
      if (batch.files >= kFilesPerBatch) SITEPOD_TRY(record(batch));
    }
    files.clear();
    return {};
  }

  Result<Outcome> encode_image(const meta::Image& image, std::span<const Encoding> encodings,
                               std::uint64_t max_file_bytes, Haste haste) {
    Batch batch;
    batch.haste = haste;
    std::vector<File> files;
    model::ManifestReader manifest;
    const auto take = [&](const model::ManifestEntry& entry) -> Result<void> {
      if (stopping || !is_eligible(entry, settings.min_file_bytes, settings.max_file_bytes)) return {};
      if (entry.size > max_file_bytes) {
        batch.outcome.lacks_nothing = false;
        return {};
      }
      files.push_back({entry.blob, entry.size, 0});
      return files.size() < kFilesLookedUp ? Result<void>() : encode_files(files, encodings, batch);
    };
    SITEPOD_TRY(blobs.read_pieces(image.manifest, [&](std::string_view piece) { return manifest.feed(piece, take); }));
    SITEPOD_TRY(manifest.finish());
    SITEPOD_TRY(encode_files(files, encodings, batch));
    // A stop does not wait for the disk: what has no row is made again, and the file swept up by the next collection.
    if (!stopping) SITEPOD_TRY(record(batch));
    return batch.outcome;
  }

  Result<void> set_state(const std::string& image_id, std::string_view encoding_state) {
    return meta.write(
        [&](meta::Session& session) { return meta::set_encoding_state(session, image_id, encoding_state); });
  }

  Result<void> run_stage(const meta::Image& image) {
    const bool is_first = image.encoding_state == kPending;
    const Outcome outcome = SITEPOD_TRY(encode_image(
        image, is_first ? std::span<const Encoding>(kFirstStage) : kSecondStage, settings.max_file_bytes, Haste::None));
    if (stopping) return {};  // the state stays: the next run goes on from here
    SITEPOD_TRY(set_state(image.id, is_first && !outcome.lacks_nothing ? kGzipDone : kAllDone));
    if (encoded) encoded(image.id, image.project_id, outcome.has_new ? Made::Encodings : Made::Nothing);
    return {};
  }

  Result<void> run_pending() {
    while (!stopping) {
      const auto next = [](meta::Session& session) { return meta::list_images_to_encode(session, 1); };
      const std::vector<meta::Image> images = SITEPOD_TRY(meta.read(next));
      if (images.empty()) return {};
      const meta::Image& image = images.front();
      Result<void> done = run_stage(image);
      if (done.ok()) continue;
      // The state stays: an outage, or the end of the server, is no reason to do without encodings for ever.
      if (done.error().kind == ErrorKind::Unavailable) return std::move(done).error().with("image " + image.id);
      log::error("image cannot be encoded", {{"image", image.id}, {"cause", done.error().context}});
      // Trying again at once would fail again, for ever: what could be made is kept, visitors get the rest as it is.
      SITEPOD_TRY(set_state(image.id, kAllDone));
    }
    return {};
  }

  void run_in_background() {
    queued = false;  // before looking: a wake() from here on queues another look
    for (;;) {
      const Result<void> ran = run_pending();
      if (ran.ok() || stopping) return;
      const bool comes_back = ran.error().kind == ErrorKind::Unavailable;
      log::error(comes_back ? "encoding goes on later" : "encoding stopped until the next commit",
                 {{"cause", ran.error().context}});
      if (!comes_back || !rest()) return;
    }
  }

  // False: the server is stopping.
  bool rest() {
    std::unique_lock lock(pause_mutex);
    return !resumed.wait_for(lock, kRestAfterOutage, [this] { return stopping.load(); });
  }
};

Encoder::Encoder(meta::MetaStore& meta, blob::BlobStore& blobs, EncoderSettings settings)
    : state_(new State{meta, blobs, settings}) {}

Encoder::~Encoder() {
  {
    const std::lock_guard lock(state_->pause_mutex);
    state_->stopping = true;
  }
  state_->resumed.notify_all();
  state_->pool.reset();
}

void Encoder::on_encoded(Encoded encoded) { state_->encoded = std::move(encoded); }

void Encoder::start() {
  state_->pool = std::make_unique<ThreadPool>("encode", 1, 1, ThreadPool::Priority::Idle);
  wake();
}

Encoder::Pause::Pause(Encoder& encoder) : encoder_(encoder) {
  const std::lock_guard lock(encoder_.state_->pause_mutex);
  ++encoder_.state_->pauses;
}

Encoder::Pause::~Pause() {
  {
    const std::lock_guard lock(encoder_.state_->pause_mutex);
    --encoder_.state_->pauses;
  }
  encoder_.state_->resumed.notify_all();
}

void Encoder::wake() {
  if (!state_->pool || state_->queued.exchange(true)) return;
  state_->pool->submit([state = state_.get()] { state->run_in_background(); });
}

Result<void> Encoder::encode_early(const meta::Image& image) {
  State& state = *state_;
  if (image.encoding_state != kPending) return {};
  if (image.file_count > state.settings.early_max_files) return {};
  const State::Outcome outcome = SITEPOD_TRY(
      state.encode_image(image, kFirstStage, state.settings.early_max_file_bytes, State::Haste::SomebodyWaits));
  // The second stage also makes gzip of files that were too large for this one.
  return state.set_state(image.id, outcome.lacks_nothing ? kAllDone : kGzipDone);
}

bool Encoder::may_encode(const model::ManifestEntry& entry) const {
  return is_eligible(entry, state_->settings.min_file_bytes, state_->settings.max_file_bytes);
}
std::string_view Encoder::first_state(bool may_encode_any) { return may_encode_any ? kPending : kAllDone; }

Result<void> Encoder::run_pending() { return state_->run_pending(); }

}  // namespace sitepod::deploy
