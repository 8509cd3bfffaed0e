#include "deploy/build_upload.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "deploy/deployer_state.hpp"
#include "model/manifest.hpp"

namespace sitepod::deploy {

namespace {

constexpr std::size_t kMostDigests = 500'000;  // 16 MB

// The first bytes as a number, in the order of digests.
std::uint64_t begin_of(const Digest& digest) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest.bytes[i];
  return number;
}

// The first bytes decide nearly always, and are compared without a call.
bool is_less(const Digest& a, const Digest& b) {
  const std::uint64_t begin_a = begin_of(a);
  const std::uint64_t begin_b = begin_of(b);
  return begin_a != begin_b ? begin_a < begin_b : a < b;
}

// Their first bytes with their places are sorted instead of them: half as long to move.
std::vector<Digest> sorted(const std::vector<Digest>& digests) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  order.reserve(digests.size());
  for (const Digest& digest : digests) order.emplace_back(begin_of(digest), static_cast<std::uint32_t>(order.size()));
  std::sort(order.begin(), order.end());
  std::vector<Digest> ascending;
  ascending.reserve(digests.size());
  for (const auto& [begin, place] : order) ascending.push_back(digests[place]);
  if (!std::is_sorted(ascending.begin(), ascending.end(), is_less))
    std::sort(ascending.begin(), ascending.end(), is_less);
  return ascending;
}

// Requires: `digests` ascend.
bool contains(const std::vector<Digest>& digests, const Digest& wanted) {
  const std::uint64_t begin = begin_of(wanted);
  auto at = std::lower_bound(digests.begin(), digests.end(), begin,
                             [](const Digest& digest, std::uint64_t value) { return begin_of(digest) < value; });
  while (at != digests.end() && begin_of(*at) == begin && *at != wanted) ++at;
  return at != digests.end() && *at == wanted;
}

}  // namespace

NewestImages::Blobs NewestImages::find(const std::string& project_id, std::string_view image_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(project_id);
  return found == kept_.end() || found->second.image_id != image_id ? nullptr : found->second.blobs;
}

void NewestImages::keep(const std::string& project_id, std::string_view image_id, Blobs blobs) {
  const std::lock_guard lock(mutex_);
  if (const auto before = kept_.find(project_id); before != kept_.end()) {
    digests_ -= before->second.blobs->size();
    kept_.erase(before);
  }
  if (digests_ + blobs->size() > kMostDigests) {
    kept_.clear();
    digests_ = 0;
  }
  digests_ += blobs->size();
  kept_[project_id] = {std::string(image_id), std::move(blobs)};
}

struct BuildUpload::State {
  State(Deployer::State& state, std::string project)
      : deployer(state), project_id(std::move(project)), written(state.blobs.leases().begin()) {}

  Deployer::State& deployer;
  const std::string project_id;
  std::string image_id;           // the newest image; empty: there is none
  NewestImages::Blobs of_image;   // its blobs; null: nothing is known of them
  std::vector<Digest> purged;     // some of which may be such, ascending
  NewestImages::Blobs names;      // of the build
  std::vector<Digest> unknown;    // of `names` those that neither the newest image has nor were taken, ascending
  blob::BlobLeases::Lease lease;  // of them

  std::mutex mutex;                 // guards what follows
  blob::BlobLeases::Lease written;  // of what is written
  std::unordered_set<Digest, DigestHash> taken;
  std::vector<blob::StoredBlob> stored;

  Result<void> load_image();
  NewestImages::Blobs read_manifest(const Digest& manifest) const;
  void find_unknown();
  bool is_of_image(const Digest& blob) const {
    return of_image && contains(*of_image, blob) && !contains(purged, blob);
  }
};

Result<void> BuildUpload::State::load_image() {
  const auto look = [&](meta::Session& session) -> Result<std::optional<meta::Image>> {
    SITEPOD_TRY(meta::each_purged_blob(session, [&](const meta::PurgedBlob& blob) { purged.push_back(blob.sha256); }));
    return meta::find_newest_image(session, project_id);
  };
  const std::optional<meta::Image> image = SITEPOD_TRY(deployer.meta.read(look));
  std::sort(purged.begin(), purged.end(), is_less);
  if (!image) return {};
  image_id = image->id;
  of_image = deployer.newest_images.find(project_id, image_id);
  if (!of_image) of_image = read_manifest(image->manifest);
  return {};
}

// Null when it cannot be read: then every file is looked for by itself.
NewestImages::Blobs BuildUpload::State::read_manifest(const Digest& manifest) const {
  auto blobs = std::make_shared<std::vector<Digest>>();
  model::ManifestReader reader;
  const Result<void> read = deployer.blobs.read_pieces(manifest, [&](std::string_view piece) {
    return reader.feed(piece, [&](const model::ManifestEntry& entry) {
      blobs->push_back(entry.blob);
      return Result<void>();
    });
  });
  if (!read.ok()) return nullptr;
  std::sort(blobs->begin(), blobs->end(), is_less);
  return blobs;
}

BuildUpload::BuildUpload(std::unique_ptr<State> state) : state_(std::move(state)) {}
BuildUpload::~BuildUpload() = default;

Result<std::shared_ptr<BuildUpload>> BuildUpload::open(Deployer::State& state, const meta::Project& project) {
  auto own = std::make_unique<State>(state, project.id);
  SITEPOD_TRY(own->load_image());
  return std::shared_ptr<BuildUpload>(new BuildUpload(std::move(own)));
}

Result<void> BuildUpload::take(std::string_view bytes, const Digest& digest) {
  State& state = *state_;
  // A file that got lost is written again.
  const bool is_there =
      state.is_of_image(digest) && SITEPOD_TRY(state.deployer.blobs.find_size(digest)) == bytes.size();
  {
    const std::lock_guard lock(state.mutex);
    // What only the image keeps is not taken: the image may be deleted before keep() looks.
    if (is_there || !state.taken.insert(digest).second) return {};
    state.written.add(digest);
  }
  const blob::StoredBlob stored = SITEPOD_TRY(state.deployer.blobs.put(std::as_bytes(std::span(bytes))));
  if (stored.sha256 != digest) return internal("the digest of a built file is not that of its bytes");
  const std::lock_guard lock(state.mutex);
  state.stored.push_back(stored);
  return {};
}

// The image may have been deleted since it was read; while its row stands, nothing that it names is collected.
Result<void> BuildUpload::keep(std::vector<Digest> names) {
  State& state = *state_;
  names = sorted(names);
  state.names = std::make_shared<const std::vector<Digest>>(names);
  state.lease = state.deployer.blobs.leases().take(std::move(names));
  if (!state.image_id.empty()) {
    const auto image = SITEPOD_TRY(
        state.deployer.meta.read([&](meta::Session& session) { return meta::find_image(session, state.image_id); }));
    if (!image) state.of_image.reset();
  }
  state.find_unknown();
  return {};
}

// Both lists ascend and hold nearly the same: one walk beside the other tells what a search for each name would.
void BuildUpload::State::find_unknown() {
  static const std::vector<Digest> kNone;
  const std::vector<Digest>& known = of_image ? *of_image : kNone;
  std::set_difference(names->begin(), names->end(), known.begin(), known.end(), std::back_inserter(unknown), is_less);
  for (const Digest& name : purged)
    if (contains(*names, name)) unknown.push_back(name);
  std::erase_if(unknown, [this](const Digest& name) { return taken.contains(name); });
  std::sort(unknown.begin(), unknown.end(), is_less);
}

void BuildUpload::note_image(const std::string& image_id) {
  state_->deployer.newest_images.keep(state_->project_id, image_id, state_->names);
}

bool BuildUpload::has(const Digest& digest) const { return !contains(state_->unknown, digest); }

const std::vector<blob::StoredBlob>& BuildUpload::stored() const { return state_->stored; }

}  // namespace sitepod::deploy
