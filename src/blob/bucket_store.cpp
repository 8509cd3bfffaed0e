#include "blob/bucket_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/log.hpp"
#include "blob/bucket_store_state.hpp"
#include "blob/parallel.hpp"

namespace sitepod::blob {

Result<std::unique_ptr<BucketStore>> BucketStore::open(const std::string& root, BucketSettings settings,
                                                       Folder folder) {
  std::unique_ptr<BucketStore> store(new BucketStore());
  store->state_ = std::make_unique<State>(root, std::move(settings));
  store->state_->disk = SITEPOD_TRY(DiskStore::open(root));
  store->state_->leases = &store->leases();
  if (folder == Folder::IsNew) SITEPOD_TRY(store->state_->unmark_all());
  State& state = *store->state_;
  state.staging.emplace(state.bucket, *state.disk, state.frozen, [&state]() -> Result<void> {
    SITEPOD_TRY(state.shrink(state.held_bytes / 2));
    return {};
  });
  store->state_->start();
  return store;
}

Result<std::unique_ptr<BucketStore>> BucketStore::open_for_reading(const std::string& root, BucketSettings settings) {
  std::unique_ptr<BucketStore> store(new BucketStore());
  store->state_ = std::make_unique<State>(root, std::move(settings));
  store->state_->disk = SITEPOD_TRY(DiskStore::open_for_reading(root));
  store->state_->is_read_only = true;
  return store;
}

BucketStore::~BucketStore() = default;

Result<void> BucketStore::check() { return state_->bucket.check(); }

void BucketStore::expect_claim(const BucketClaim& claim) {
  const std::lock_guard lock(state_->claiming);
  state_->claim = claim;
  state_->bucket.set_claim(Bucket::Claim::Unproven);
}

Result<void> BucketStore::prove_claim() {
  const std::lock_guard lock(state_->claiming);
  return state_->prove_claim();
}

Result<std::string> BucketStore::find_owner() const { return state_->ask_owner(); }

// Bytes that the bucket would not take afterwards are refused before they are sent here.
Result<Incoming> BucketStore::receive(std::optional<std::uint64_t> expected_size) {
  SITEPOD_TRY(state_->bucket.refuse_if_unusable());
  return state_->disk->receive(expected_size);
}

// The disk first: what a power cut leaves of the spool is then right, or has no mark.
Result<void> BucketStore::make_durable(std::span<const Digest> blobs) {
  std::vector<Digest> here;
  std::vector<Digest> to_settle;
  for (const Digest& blob : blobs) {
    const auto file = state_->disk->open_blob(blob);
    if (file.ok() && state_->is_settled(file->get())) continue;
    if (file.ok()) here.push_back(blob);
    to_settle.push_back(blob);
  }
  SITEPOD_TRY(state_->disk->make_durable(here));
  return for_each_in_parallel(to_settle.size(), State::kOrdersAtOnce,
                              [&](std::size_t i) { return state_->settle(to_settle[i]); });
}

Result<std::optional<std::uint64_t>> BucketStore::find_size(const Digest& blob) const {
  if (const auto file = SITEPOD_TRY(state_->open_near(blob))) {
    struct stat info {};
    if (::fstat(file->get(), &info) != 0) return from_errno(errno, "stat blob " + blob.hex());
    return std::optional(static_cast<std::uint64_t>(info.st_size));
  }
  if (const auto size = state_->known.find_size(blob)) return size;
  return state_->ask_size(blob);
}

Result<void> BucketStore::look_up(std::span<const Digest> blobs) const {
  std::vector<Digest> to_ask;
  for (const Digest& blob : blobs)
    if (!state_->known.find_size(blob) && !SITEPOD_TRY(state_->disk->find_size(blob))) to_ask.push_back(blob);
  return for_each_in_parallel(to_ask.size(), State::kOrdersAtOnce, [&](std::size_t i) -> Result<void> {
    SITEPOD_TRY(state_->ask_size(to_ask[i]));
    return {};
  });
}

Result<UniqueFd> BucketStore::open_near_blob(const Digest& blob) const {
  auto file = SITEPOD_TRY(state_->open_near(blob));
  if (file) return *std::move(file);
  return not_found("not_found", "The file is not in the store.").with("blob " + blob.hex() + " is not local");
}

// It may be dropped between its fetch and its opening, though hardly twice.
Result<UniqueFd> BucketStore::open_blob(const Digest& blob) const {
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    auto file = open_near_blob(blob);
    const bool may_fetch = attempt < kAttempts && !state_->is_read_only;
    if (file.ok() || file.error().kind != ErrorKind::NotFound || !may_fetch) return file;
    SITEPOD_TRY(state_->fetch(blob));
  }
}

void BucketStore::fetch_blob(const Digest& blob, std::function<void(Result<void>)> done) const {
  state_->fetchers.submit([this, blob, done = std::move(done)] { done(state_->fetch(blob)); });
}

Result<std::string> BucketStore::read_verified(const Digest& blob, std::uint64_t max_bytes) const {
  std::string content;
  const auto read = [&]() -> Result<void> {
    content.clear();
    return read_pieces(blob, [&](std::string_view piece) -> Result<void> {
      if (piece.size() > max_bytes - content.size())
        return internal("blob " + blob.hex() + " has more bytes than are expected here");
      content += piece;
      return {};
    });
  };
  Result<void> done = read();
  // The disk may be to blame, and the bucket has the right ones.
  const bool is_wrong = !done.ok() && done.error().kind == ErrorKind::Internal && !state_->is_read_only;
  if (is_wrong && !SITEPOD_TRY(state_->disk->verify(blob)) && SITEPOD_TRY(state_->recover(blob))) done = read();
  if (!done.ok()) return std::move(done).error();
  return content;
}

Result<void> BucketStore::read_pieces(const Digest& blob,
                                      const std::function<Result<void>(std::string_view piece)>& each) const {
  if (!state_->is_read_only) {
    SITEPOD_TRY(open_blob(blob));
    return state_->disk->read_pieces(blob, each);
  }
  if (SITEPOD_TRY(state_->disk->find_size(blob))) return state_->disk->read_pieces(blob, each);
  // A second try would repeat pieces.
  int tries = 0;
  const auto restart = [&]() -> Result<void> {
    return ++tries == 1 ? Result<void>()
                        : unavailable("The storage of files cannot be reached; try again in a moment.");
  };
  return state_->stream(blob, restart, each);
}

Result<bool> BucketStore::verify(const Digest& blob) const {
  if (SITEPOD_TRY(state_->disk->find_size(blob))) {
    if (SITEPOD_TRY(state_->disk->verify(blob))) return true;
    if (state_->is_read_only) return false;
    SITEPOD_TRY(state_->disk->quarantine(blob));
  }
  const auto forget = []() -> Result<void> { return {}; };
  const auto ignore = [](std::string_view) -> Result<void> { return {}; };
  const Result<void> read = state_->stream(blob, forget, ignore);
  if (read.ok()) return true;
  const ErrorKind kind = read.error().kind;
  if (kind == ErrorKind::NotFound || kind == ErrorKind::Internal) return false;
  return read.error();
}

Result<bool> BucketStore::inspect(const Digest& blob) {
  const auto here = SITEPOD_TRY(state_->disk->find_size(blob));
  if (here && !SITEPOD_TRY(state_->disk->verify(blob))) return state_->recover(blob);
  state_->known.remove(blob);
  const auto there = SITEPOD_TRY(state_->ask_size(blob));
  if (!here) return there.has_value();
  if (there == here) return true;
  // Whoever removes it meanwhile has done so when the lease is had, or waits until it is in the bucket.
  const BlobLeases::Lease lease = leases().take({blob});
  const auto file = state_->disk->open_blob(blob);
  if (!file.ok()) return true;
  if (state_->is_settled(file->get()))
    log::warn("the bucket has lost a blob that is still here; it is sent again", {{"blob", blob.hex()}});
  else
    SITEPOD_TRY(state_->disk->make_durable(std::span(&blob, 1)));
  SITEPOD_TRY(state_->send_file(blob, file->get()));
  return true;
}

Result<bool> BucketStore::contains(const Digest& blob) const { return SITEPOD_TRY(state_->ask_size(blob)).has_value(); }

Result<void> BucketStore::list(const std::function<bool(const ListedBlob& blob)>& each) const {
  bool goes_on = true;
  SITEPOD_TRY(state_->bucket.list("blobs/", [&](const S3Object& object) {
    const auto blob = parse_digest(std::string_view(object.key).substr(object.key.rfind('/') + 1));
    if (blob && object.key == State::key_of(*blob)) goes_on = each({*blob, object.size, object.written_at});
    return goes_on;
  }));
  if (!goes_on) return {};
  return state_->disk->list([&](const ListedBlob& blob) {
    const auto file = state_->disk->open_blob(blob.sha256);
    return !file.ok() || state_->is_settled(file->get()) || each(blob);
  });
}

// Here first: what is left after half of it is what a list shows. Here again at the end: a fetch that was under way may
// have brought it back, with a mark that would keep the next upload of these bytes from being sent.
Result<void> BucketStore::erase(const Digest& blob) {
  state_->known.remove(blob);
  state_->hashed.remove(blob);
  SITEPOD_TRY(state_->disk->erase(blob));
  Result<void> removed = state_->bucket.remove(State::key_of(blob));  // it may have been done when this says no
  state_->wait_for_fetch(blob);
  state_->known.remove(blob);
  SITEPOD_TRY(state_->disk->erase(blob));
  return removed;
}

std::vector<Result<void>> BucketStore::erase_all(std::span<const Digest> blobs) {
  std::vector<Result<void>> outcomes(blobs.size());
  const auto erase_one = [&](std::size_t i) -> Result<void> {
    outcomes[i] = erase(blobs[i]);
    return {};
  };
  static_cast<void>(for_each_in_parallel(blobs.size(), State::kOrdersAtOnce, erase_one));
  return outcomes;
}

Result<bool> BucketStore::recover(const Digest& blob) {
  return SITEPOD_TRY(state_->disk->verify(blob)) ? true : state_->recover(blob);
}

Result<void> BucketStore::quarantine(const Digest& blob) {
  state_->known.remove(blob);
  state_->hashed.remove(blob);
  SITEPOD_TRY(state_->disk->quarantine(blob));
  return state_->bucket.move(State::key_of(blob), State::quarantine_key_of(blob));
}

Result<void> BucketStore::erase_quarantined(std::span<const Digest> blobs) {
  SITEPOD_TRY(state_->disk->erase_quarantined(blobs));
  return for_each_in_parallel(blobs.size(), State::kOrdersAtOnce,
                              [&](std::size_t i) { return state_->bucket.remove(State::quarantine_key_of(blobs[i])); });
}

Staging* BucketStore::staging() { return state_->staging ? &*state_->staging : nullptr; }

std::optional<BucketFigures> BucketStore::bucket_figures() const { return state_->bucket.figures(); }

Result<BucketStore::Spool> BucketStore::measure_spool() const {
  Spool spool;
  SITEPOD_TRY(state_->disk->list([&](const ListedBlob& blob) {
    const auto file = state_->disk->open_blob(blob.sha256);
    if (!file.ok() || state_->is_settled(file->get())) return true;
    if (spool.files++ == 0 || blob.written_at < spool.oldest) spool.oldest = blob.written_at;
    spool.bytes += blob.size;
    return true;
  }));
  return spool;
}

bool BucketStore::degraded() const {
  return state_->disk->degraded() || state_->bucket.is_down() || state_->bucket.claim() == Bucket::Claim::Lost;
}

void BucketStore::stop_waiting() { state_->bucket.stop(); }

const std::string& BucketStore::root() const { return state_->root; }

Result<void> BucketStore::shrink_cache(std::uint64_t max_bytes) {
  SITEPOD_TRY(state_->shrink(max_bytes));
  return {};
}

}  // namespace sitepod::blob
